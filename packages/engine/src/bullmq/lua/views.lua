-- views: what BullMQ's scripts see as `wait` and `prioritized`: the jobs of all lanes without and with
-- a priority. Commands on those two keys, of whatever queue, are answered from the lanes of that
-- queue; all others pass through. A command that no script of BullMQ's used when this was written is
-- an error, so that a new release cannot bypass the lanes unnoticed.
--
-- What a writer that knows nothing of lanes has put under the real keys is moved to the lanes first,
-- INBOX at a time; what is left of it is the far end of the views.
--
-- Every function that a script defines costs it 0.1 µs a call, used or not: what few scripts need is
-- defined when one asks for it (views.load).
--
-- Needs `base`, `rcall`, `lanes`, `stored` and `signals`.
-- TOUCHES  active (list), mr:index: (zset)
local views = { wait = {}, prioritized = {} }
local wait, prioritized = views.wait, views.prioritized

local INBOX = 1000
-- What a priority is worth in BullMQ's scores.
local BULLMQ_RUN = 4294967296

-- The queues that this call has come to.
local emptied = {}
-- Jobs that were taken out of where they waited. One that is then put back to `wait` has no priority.
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
    -- Scripts push what stalled, or was retried with others, whatever its priority. A key's job keeps it.
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

-- The next job of all lanes, in fair order, whatever its priority.
function wait.RPOPLPUSH(_, active)
  local taken = false
  lanes.take(1, { serves = function() return true end, except = {}, excepted = 0 }, function(job_id)
    -- Removed by something that knows nothing of lanes.
    return rcall("EXISTS", base .. job_id) == 1 and { id = job_id, cost = 1 } or nil
  end, nil, function(job) taken = job.id end)
  if not taken then return false end
  rcall("LPUSH", active, taken)
  if lanes.key_of(taken) then signals.add("s RUNNING", taken) end
  return taken
end

-- Scripts look here when RPOPLPUSH, which takes from both, had nothing.
function prioritized.ZPOPMIN() return {} end

-- Scripts look for markers that old versions of BullMQ kept among the jobs.
function wait.LINDEX() return false end

function views.load()
  views.load = function() end
--- @include "bullmq/lua/lists"
end

local ENDED = { completed = "f SUCCEEDED", failed = "f FAILED" }

-- Where jobs wait for a time, or for other jobs.
local DEFERS = { delayed = true, ["waiting-children"] = true }

-- Counts what ZADD, with scores and members, or ZREM, with members, is about to change of the jobs of keys.
local function note_deferred(command, key, of, ...)
  local args, adds = { ... }, command == "ZADD"
  local step = adds and 2 or 1
  for i = step, #args, step do
    local job_id = args[i]
    if lanes.key_of(job_id) and (rcall("ZSCORE", key, job_id) == false) == adds then
      enter(of)
      stored.defer(job_id, adds and 1 or -1)
    end
  end
end

-- Commands on lists and sorted sets: those that begin with L, R, T or Z.
local function on_list(command, key, ...)
  local of, name = string.match(key, "^(.*:)([%a-]+)$")
  local view = name == "wait" and wait or name == "prioritized" and prioritized
  if view then
    if not view[command] then views.load() end
    if not view[command] then error(command .. " on " .. name) end
    enter(of)
    return view[command](key, ...)
  end
  if name == "failed" and command == "ZREM" then
    for _, job_id in ipairs({ ... }) do taken_from_failed[job_id] = true end
  end
  if DEFERS[name] and (command == "ZADD" or command == "ZREM") then note_deferred(command, key, of, ...) end
  local ended = command == "ZADD" and ENDED[name]
  if ended then
    local _, job_id = ...
    if lanes.key_of(job_id) then
      enter(of)
      signals.add(ended, job_id)
    end
  end
  return rcall(command, key, ...)
end

local function call(command, key, ...)
  local kind = string.byte(command)
  if kind == 90 or kind == 76 or kind == 82 or kind == 84 then return on_list(command, key, ...) end
  if kind == 68 and select("#", ...) > 0 and command == "DEL" then
    views.load()
    views.delete(key, ...)
  elseif command == "HMSET" and (...) == "name" then
    -- A new job. A key's jobs are listed together.
    local of, id_key, unique = string.match(key, "^(.*:)[a-z][a-z0-9-]*~([a-z0-9]+)~(%w+)$")
    if id_key then rcall("ZADD", of .. "mr:index:" .. id_key, 0, unique) end
  end
  return rcall(command, key, ...)
end

views.redis = setmetatable({ call = call }, { __index = redis })
