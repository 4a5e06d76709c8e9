-- read_jobs: read jobs and their states.
-- KEYS     base
-- ARGV     view; per job: id
-- RETURNS  per job {state, next_run_ms | "", job hash as a flat list} | {"NONE"}
-- REPEAT   safe
-- TOUCHES  delayed (zset)
--
-- view: "full", "attempts" (no payload, with the history), "noPayload", or "summary", which leaves out payload and result.
local base = KEYS[1]
local rcall = redis.call
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/due"

local view = ARGV[1]
local WITHOUT_PAYLOAD = { F.type, F.bull_options, F.submitted_ms, F.priority, F.spec, F.started_ms, F.worker_id, F.attempts_spent, F.stalls, F.bounces,
  F.finished_ms, F.failure_message, F.failure, F.usage, F.cancel_reason, F.next_offset, F.group, F.child_groups, F.route }

local function fields_of(job_key)
  if view == "full" then return rcall("HGETALL", job_key) end
  local flat = {}
  local function read(names)
    local values = rcall("HMGET", job_key, unpack(names))
    for i, name in ipairs(names) do
      if values[i] then
        flat[#flat + 1] = name
        flat[#flat + 1] = values[i]
      end
    end
  end
  read(WITHOUT_PAYLOAD)
  if view ~= "summary" then read({ F.result }) end
  if view == "attempts" then read({ F.history }) end
  return flat
end

-- When a scheduled job will be queued; "" if it waits for room in its group.
local function next_run(id)
  local due_ms = due.time_of(rcall("ZSCORE", base .. "delayed", id))
  return due_ms and string.format("%.0f", due_ms) or ""
end

local replies = {}
for at = 1, #ARGV - 1 do
  local id = ARGV[at + 1]
  local state = jobs.state(id)
  if not state then
    replies[#replies + 1] = { "NONE" }
  else
    local next_run_ms = ""
    if state == "SCHEDULED" then next_run_ms = next_run(id) end
    replies[#replies + 1] = { state, next_run_ms, fields_of(base .. id) }
  end
end
return replies
