-- schedules: the due times of schedules, and their runs.
--
-- mr:schedule:<id> has the F.schedule_ fields. A schedule that is not paused is in mr:schedules, by the time at which a
-- scheduler looks at it next. Its due time moves on only in the script that stores the job of the run, or that decides
-- that there is none. So each due time is decided once, whichever schedulers look at it and wherever they stop.
--
-- Needs `base`, `rcall`, `now_ms`, `numbers` and `jobs`.
-- TOUCHES  mr:schedule: (hash), mr:schedules (zset)
--- @include "redis/lib/numbers"
local schedules = {}

-- How soon a schedule is looked at again whose buffered run waits for the end of jobs.
local BUFFERED_LOOK_MS = 1000
-- How many jobs that may not have ended a schedule remembers.
local MOST_JOBS = 10

local FIELDS = { F.schedule_revision, F.schedule_overlap, F.schedule_due_ms, F.schedule_buffered_ms, F.schedule_jobs }
local FINAL = { SUCCEEDED = true, FAILED = true, CANCELLED = true, EXPIRED = true }

-- The queue and the key of an id, as the ids of the schedule's jobs begin. Nil if the id has another form.
function schedules.owner(id)
  return string.match(id, "^([a-z][a-z0-9-]*~[a-z0-9]+~)[a-z][a-z0-9_-]*$")
end

function schedules.key_of(id)
  return string.match(id, "^[^~]+~([^~]+)~")
end

-- The jobs of a schedule that have not ended, as ULIDs in the order of their runs.
function schedules.unfinished(id, text)
  local owner, unfinished = schedules.owner(id) or "", {}
  for ulid in string.gmatch(text or "", "%w+") do
    local state = jobs.state(owner .. ulid)
    if state and not FINAL[state] then unfinished[#unfinished + 1] = ulid end
  end
  return unfinished
end

-- A schedule, or nil.
function schedules.get(id)
  local f = rcall("HMGET", base .. "mr:schedule:" .. id, unpack(FIELDS))
  local revision = numbers.whole(f[1])
  if not revision then return nil end
  return { id = id, revision = revision, overlap = f[2], due_ms = numbers.whole(f[3]), buffered_ms = numbers.whole(f[4]),
    unfinished = schedules.unfinished(id, f[5]) }
end

-- Whether a run that a caller sent can be read.
function schedules.is_run(run)
  if type(run) ~= "table" or type(run.id) ~= "string" or not schedules.owner(run.id) then return false end
  if run.kind == "now" then return numbers.whole(run.revision) and numbers.whole(run.due_ms) and true or false end
  if run.kind ~= "due" and run.kind ~= "buffered" then return false end
  for _, name in ipairs({ "revision", "from_ms", "due_ms", "missed", "look_ms" }) do
    if not numbers.whole(run[name]) then return false end
  end
  return run.next_due_ms == nil or numbers.whole(run.next_due_ms) ~= nil
end

-- Sets the time of the next look. A schedule without a due time and without a buffered run is not looked at.
function schedules.look_at(id, due_ms, look_ms, buffered_ms)
  local at = due_ms and look_ms or math.huge
  if buffered_ms then at = math.min(at, now_ms + BUFFERED_LOOK_MS) end
  if at < math.huge then
    rcall("ZADD", base .. "mr:schedules", at, id)
  else
    rcall("ZREM", base .. "mr:schedules", id)
  end
end

local function ms_text(ms)
  return ms and string.format("%.0f", ms) or ""
end

-- Moves a schedule to its next due time, and counts the due times between.
function schedules.advance(schedule, run)
  local schedule_key = base .. "mr:schedule:" .. schedule.id
  if run.kind == "due" then
    schedule.due_ms = run.next_due_ms
    if run.missed > 0 then numbers.add_field(schedule_key, F.schedule_missed, ms_text(run.missed)) end
  end
  rcall("HSET", schedule_key, F.schedule_due_ms, ms_text(schedule.due_ms), F.schedule_buffered_ms, ms_text(schedule.buffered_ms),
    F.schedule_jobs, table.concat(schedule.unfinished, " "))
  schedules.look_at(schedule.id, schedule.due_ms, run.look_ms, schedule.buffered_ms)
end

-- Decides about a run because of earlier jobs: it is buffered or skipped.
local function decide_overlap(schedule, run)
  if run.kind == "due" and schedule.overlap == "buffer" and not schedule.buffered_ms then
    schedule.buffered_ms = run.due_ms
    schedules.advance(schedule, run)
    return { "RUN_BUFFERED" }
  end
  if run.kind == "due" then numbers.add_field(base .. "mr:schedule:" .. schedule.id, F.schedule_skipped, 1) end
  schedules.advance(schedule, run)
  return { run.kind == "due" and "RUN_SKIPPED" or "RUN_WAITS" }
end

-- The reply for a job that is not stored: its run has been decided before, or is decided now. Nil if it is to be
-- stored, with the schedule as the second value.
function schedules.refusal(job_id, run)
  local owner = schedules.owner(run.id)
  local schedule = string.sub(job_id, 1, #owner) == owner and schedules.get(run.id)
  if not schedule or schedule.revision ~= run.revision then return { "RUN_MOVED" } end
  if run.kind == "now" then return nil, schedule end
  local from_ms = run.kind == "due" and schedule.due_ms or run.kind == "buffered" and schedule.buffered_ms
  if from_ms ~= run.from_ms then return { "RUN_MOVED" } end
  if schedule.overlap ~= "allow" and #schedule.unfinished > 0 then return decide_overlap(schedule, run) end
  return nil, schedule
end

-- Records that the job of a run has been stored.
function schedules.made(schedule, run, job_id)
  local schedule_key, ulid = base .. "mr:schedule:" .. schedule.id, string.sub(job_id, -26)
  local unfinished = schedule.unfinished
  unfinished[#unfinished + 1] = ulid
  if #unfinished > MOST_JOBS then table.remove(unfinished, 1) end
  rcall("HSET", schedule_key, F.schedule_last_job, ulid, F.schedule_failure, "")
  numbers.add_field(schedule_key, F.schedule_made, 1)
  if run.kind == "now" then
    rcall("HSET", schedule_key, F.schedule_jobs, table.concat(unfinished, " "))
    return
  end
  rcall("HSET", schedule_key, F.schedule_last_due_ms, ms_text(run.due_ms))
  if run.kind == "buffered" then schedule.buffered_ms = nil end
  schedules.advance(schedule, run)
end
