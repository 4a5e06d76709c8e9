-- views: what BullMQ's scripts see as `wait` and `prioritized`: the jobs of all lanes without and with a priority.
-- Commands on these two keys, of any queue, are answered from the lanes of that queue; all other commands pass through.
-- A command that no BullMQ script used when this was written is an error, so that a new release of BullMQ cannot
-- bypass the lanes unnoticed.
--
-- Jobs that a program without lanes has put under the real keys are moved to lanes first, INBOX at a time. Those that
-- are left form the far end of the views.
--
-- Every function that a script defines costs 0.1 µs in each call, used or not. So functions that few scripts need are
-- defined when a script first needs them (views.load).
--
-- Needs `base`, `rcall`, `lanes`, `stored` and `signals`.
-- TOUCHES  active (list), mr:index: (zset), mr:groups (zset), mr:group: (hash)
local views = { wait = {}, prioritized = {} }
local wait, prioritized = views.wait, views.prioritized

local INBOX = 1000
-- A step of one priority in BullMQ's scores.
local BULLMQ_RUN = 4294967296

-- The queues whose inbox this call has emptied.
local emptied = {}
-- Jobs that were taken out of their place. A job that is then put back to `wait` has no priority.
local taken_out = {}
-- Jobs that were taken out of `failed`.
local taken_from_failed = {}

function views.close()
  if not base then return end
  lanes.flush()
  stored.flush()
  signals.publish()
end

local function enter(to)
  if to == base then return end
  if base then
    views.close()
    lanes.bands, lanes.any_held, lanes.sorting, lanes.closed = nil, nil, nil, {}
    lanes.forget_families()
    signals.lines, signals.order = {}, {}
  end
  base = to
  if emptied[to] then return end
  emptied[to] = true
  lanes.inbox(INBOX)
end

local function put(job_id, priority, at_head)
  local key = lanes.key_of(job_id)
  local lane
  if key then
    local fields = rcall("HMGET", base .. job_id, F.lane, F.priority, F.type, F.suspect)
    -- Scripts push stalled jobs, and jobs that are retried together, without their priority. A key's job keeps it.
    if not priority and not taken_out[job_id] then priority = tonumber(fields[2]) end
    lane = lanes.id(job_id, priority or 0, fields[1] and string.match(fields[1], "^[^|]*|[^|]*|(.*)$"))
    if fields[1] and fields[1] ~= lane then rcall("HSET", base .. job_id, F.lane, lane) end
    lane = lanes.for_job(lane, fields[3], fields[4])
    signals.work()
    signals.add("s QUEUED", job_id)
    if taken_from_failed[job_id] then
      views.load()
      views.forget_dead(job_id)
    end
  else
    lane = lanes.id(job_id)
  end
  lanes.put(lane, job_id, priority or 0, at_head)
end

function wait.LPUSH(_, ...)
  for _, job_id in ipairs({ ... }) do put(job_id, nil, false) end
end

function wait.RPUSH(_, ...)
  for _, job_id in ipairs({ ... }) do put(job_id, nil, true) end
end

function prioritized.ZADD(_, score, job_id)
  score = tonumber(score)
  put(job_id, math.floor(score / BULLMQ_RUN), score % BULLMQ_RUN == 0)
end

-- The next job of all lanes in fair order, with any priority.
function wait.RPOPLPUSH(_, active)
  local taken = false
  lanes.take(1, { serves = function() return true end, except = {}, excepted = 0 }, function(job_id)
    -- The job was removed by a program that does not know lanes.
    return rcall("EXISTS", base .. job_id) == 1 and { id = job_id, cost = 1 } or nil
  end, nil, function(job) taken = job.id end)
  if not taken then return false end
  rcall("LPUSH", active, taken)
  if lanes.key_of(taken) then signals.add("s RUNNING", taken) end
  return taken
end

-- Scripts use this command when RPOPLPUSH found nothing, and that takes from both views.
function prioritized.ZPOPMIN() return {} end

-- Scripts look for markers that old versions of BullMQ kept among the jobs. Lanes have none.
function wait.LINDEX() return false end

function views.load()
  views.load = function() end
--- @include "bullmq/lua/lists"
end

-- BullMQ's scripts do not know groups. When they end or remove a child, or the job that waits for a group, tend_groups
-- looks at the group at once.
function views.look_at_groups(job_key)
  local queue_prefix = string.match(job_key, "^(.*:)[^:]+$")
  local fields = rcall("HMGET", job_key, F.group, F.child_groups)
  for _, field in ipairs({ fields[1] or "", fields[2] or "" }) do
    local id = string.match(field, "(%S+)$")
    if id and rcall("EXISTS", queue_prefix .. "mr:group:" .. id) == 1 then rcall("ZADD", queue_prefix .. "mr:groups", 0, id) end
  end
end

local ENDED = { completed = "f SUCCEEDED", failed = "f FAILED" }

-- The sets in which jobs wait for a time, or for other jobs.
local DEFERS = { delayed = true, ["waiting-children"] = true }

-- Counts how the following ZADD (scores and members) or ZREM (members) changes the number of keys' deferred jobs.
local function note_deferred(command, key, queue_prefix, ...)
  local args, adds = { ... }, command == "ZADD"
  local step = adds and 2 or 1
  for i = step, #args, step do
    local job_id = args[i]
    if lanes.key_of(job_id) and (rcall("ZSCORE", key, job_id) == false) == adds then
      enter(queue_prefix)
      stored.defer(job_id, adds and 1 or -1)
    end
  end
end

-- Commands on lists and sorted sets, which begin with L, R, T or Z.
local function on_list(command, key, ...)
  local queue_prefix, name = string.match(key, "^(.*:)([%a-]+)$")
  local view = name == "wait" and wait or name == "prioritized" and prioritized
  if view then
    if not view[command] then views.load() end
    if not view[command] then error("lanes do not support " .. command .. " on " .. name .. ": use a BullMQ version that Millrace supports") end
    enter(queue_prefix)
    return view[command](key, ...)
  end
  if name == "failed" and command == "ZREM" then
    for _, job_id in ipairs({ ... }) do taken_from_failed[job_id] = true end
  end
  if DEFERS[name] and (command == "ZADD" or command == "ZREM") then note_deferred(command, key, queue_prefix, ...) end
  local ended = command == "ZADD" and ENDED[name]
  if ended then
    local _, job_id = ...
    if lanes.key_of(job_id) then
      enter(queue_prefix)
      signals.add(ended, job_id)
      views.look_at_groups(queue_prefix .. job_id)
    end
  end
  return rcall(command, key, ...)
end

-- BullMQ tells of the end of a job by an event, also if it has removed the job by then.
local TELLS_END = { completed = "SUCCEEDED", failed = "FAILED" }

-- What was stored of jobs that this call removes (belongings): see views.record_end.
views.gone = {}

function views.load_ends()
  views.load_ends = function() end
--- @include "bullmq/lua/ends"
end

local function note_event(key, event, job_id, value)
  local queue_prefix = TELLS_END[event] and lanes.key_of(job_id or "") and string.match(key, "^(.*:)events$")
  if not queue_prefix then return end
  views.load_ends()
  enter(queue_prefix)
  views.record_end(job_id, TELLS_END[event], value)
end

local function call(command, key, ...)
  local kind = string.byte(command)
  if kind == 88 and command == "XADD" then
    local _, _, event, _, job_id, _, value = ...
    note_event(key, event, job_id, value)
  end
  if kind == 90 or kind == 76 or kind == 82 or kind == 84 then return on_list(command, key, ...) end
  if kind == 68 and select("#", ...) > 0 and command == "DEL" then
    views.load()
    views.delete(key, ...)
  elseif command == "HMSET" and (...) == "name" then
    -- The command stores a new job, so the job is added to the list of its key's jobs.
    local queue_prefix, id_key, unique = string.match(key, "^(.*:)[a-z][a-z0-9-]*~([a-z0-9]+)~(%w+)$")
    if id_key then rcall("ZADD", queue_prefix .. "mr:index:" .. id_key, 0, unique) end
  end
  return rcall(command, key, ...)
end

views.redis = setmetatable({ call = call }, { __index = redis })
