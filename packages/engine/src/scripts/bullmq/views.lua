-- views: what BullMQ's scripts see as `wait` and `prioritized`: the jobs of all lanes without and with
-- a priority. Commands on those two keys, of whatever queue, are answered from the lanes of that
-- queue; all others pass through. A command that no script of BullMQ's used when this was written is
-- an error, so that a new release cannot bypass the lanes unnoticed.
--
-- `wait` reads from left to right as in BullMQ: the job that is next is the rightmost. The order over
-- several lanes is by class and then by whose turn is first; inside a lane it is exact. What a writer
-- that knows nothing of lanes has put under the real keys is moved to the lanes first, INBOX at a time;
-- what is left of it is the view's far end.
--
-- Needs `base`, `rcall`, `lanes` and `signals`.
-- TOUCHES  active (list), mr:index: (zset), mr:idem: (string), mr:expiry (zset), mr:retain (zset),
--          mr:leases (zset)
local views = {}

local INBOX = 1000
-- What a priority is worth in BullMQ's scores.
local BULLMQ_RUN = 4294967296

-- Of the queues that this call has come to.
local emptied = {}
-- Lanes of the jobs that were listed: a script may delete a job's hash before it takes the job out.
local lane_of = {}
-- Jobs that were taken out of where they waited. One that is then put back to `wait` has no priority.
local taken_out = {}
-- The last range of `wait`.
local listed

local function leave()
  if not base then return end
  lanes.flush()
  signals.publish()
  lanes.bands = nil
  signals.lines, signals.order = {}, {}
end

local function enter(to)
  if to == base then return end
  leave()
  base = to
  if emptied[to] then return end
  emptied[to] = true
  lanes.inbox(INBOX)
end

views.close = leave

-- Where a job waits: its lane and its priority, or nil.
local function find(job_id)
  local lane = lane_of[job_id] or lanes.find(job_id)
  local priority = lanes.priority_in(lane, job_id)
  if priority then return lane, priority end
end

local function put(job_id, priority, at_head)
  local key = lanes.key_of(job_id)
  local lane
  if key then
    local fields = rcall("HMGET", base .. job_id, "lane", "priority")
    -- Scripts push what stalled, or was retried with others, whatever its priority. A key's job keeps it.
    if not priority and not taken_out[job_id] then priority = tonumber(fields[2]) end
    lane = lanes.id(job_id, priority or 0, fields[1] and string.match(fields[1], "^[^|]*|[^|]*|(.*)$"))
    if fields[1] and fields[1] ~= lane then rcall("HSET", base .. job_id, "lane", lane) end
    signals.work()
    signals.add("s QUEUED", job_id)
  else
    lane = lanes.id(job_id)
  end
  lanes.put(lane, job_id, priority or 0, at_head)
end

local function take_out(job_id, lane)
  taken_out[job_id] = true
  return lanes.remove(lane, job_id)
end

local function size(prioritized)
  local all, plain = lanes.size()
  if prioritized then return all - plain + rcall("ZCARD", base .. "prioritized") end
  return plain + rcall("LLEN", base .. "wait")
end

-- `count` jobs of a view after the first `skip`, the next first.
local function slice(prioritized, skip, count)
  local found = {}
  if count <= 0 then return found end
  skip = lanes.list(prioritized, skip, count, function(job_id, lane)
    found[#found + 1] = job_id
    lane_of[job_id] = lane
  end)
  local left = count - #found
  if left == 0 then return found end
  local rest
  if prioritized then
    rest = rcall("ZRANGE", base .. "prioritized", skip, skip + left - 1)
    for _, job_id in ipairs(rest) do found[#found + 1] = job_id end
  else
    rest = rcall("LRANGE", base .. "wait", -skip - left, -skip - 1)
    for i = #rest, 1, -1 do found[#found + 1] = rest[i] end
  end
  return found
end

local function reversed(list)
  local result = {}
  for i = #list, 1, -1 do result[#result + 1] = list[i] end
  return result
end

-- First and last index as a command means them, from 0; last < first: nothing.
local function clamp(first, last, of)
  first, last = tonumber(first), tonumber(last)
  if first < 0 then first = math.max(of + first, 0) end
  if last < 0 then last = of + last end
  return first, math.min(last, of - 1)
end

local function any() return true end

local wait = {}

function wait.LPUSH(_, ...)
  for _, job_id in ipairs({ ... }) do put(job_id, nil, false) end
end

function wait.RPUSH(_, ...)
  for _, job_id in ipairs({ ... }) do put(job_id, nil, true) end
end

-- The next job of all lanes, in fair order, whatever its priority.
function wait.RPOPLPUSH(_, active)
  local taken = false
  lanes.take(1, any, function(job_id)
    -- Removed by something that knows nothing of lanes.
    if rcall("EXISTS", base .. job_id) == 0 then return false end
    taken = job_id
    return true
  end)
  if not taken then return false end
  rcall("LPUSH", active, taken)
  if lanes.key_of(taken) then signals.add("s RUNNING", taken) end
  return taken
end

function wait.LREM(key, count, job_id)
  local lane, priority = find(job_id)
  if priority == 0 then return take_out(job_id, lane) and 1 or 0 end
  if lane then return 0 end
  return rcall("LREM", key, count, job_id)
end

function wait.LLEN() return size(false) end

-- Scripts look for markers that old versions of BullMQ kept among the jobs.
function wait.LINDEX() return false end

function wait.LPOS(key, job_id)
  local lane, priority = find(job_id)
  if priority == 0 then return 0 end
  return not lane and rcall("LPOS", key, job_id)
end

function wait.LRANGE(_, first, last)
  local of = size(false)
  first, last = clamp(first, last, of)
  local ids = reversed(slice(false, of - 1 - last, last - first + 1))
  listed = { first = first, of = of, ids = ids }
  return ids
end

-- Scripts mark in this way what they delete, of what they have just listed.
function wait.LSET(key, index, value)
  if value ~= "" then error("LSET on wait") end
  index = tonumber(index)
  if index < 0 then index = listed.of + index end
  local job_id = listed.ids[index - listed.first + 1]
  local lane = find(job_id)
  if lane then take_out(job_id, lane) else rcall("LREM", key, 1, job_id) end
end

-- Scripts cut off in this way what they have just listed and deleted.
function wait.LTRIM(key)
  for _, job_id in ipairs(listed.ids) do
    if rcall("EXISTS", base .. job_id) == 0 then
      local lane = find(job_id)
      if lane then take_out(job_id, lane) else rcall("LREM", key, 1, job_id) end
    end
  end
end

function wait.TYPE() return { ok = "list" } end
-- What `paused` held in old versions of BullMQ becomes the inbox.
function wait.RENAME(...) return rcall("RENAME", ...) end

local prioritized = {}

function prioritized.ZADD(_, score, job_id)
  score = tonumber(score)
  put(job_id, math.floor(score / BULLMQ_RUN), score % BULLMQ_RUN == 0)
  return 1
end

function prioritized.ZREM(key, ...)
  local removed = 0
  for _, job_id in ipairs({ ... }) do
    local lane, priority = find(job_id)
    if not lane then
      removed = removed + rcall("ZREM", key, job_id)
    elseif priority > 0 and take_out(job_id, lane) then
      removed = removed + 1
    end
  end
  return removed
end

function prioritized.ZSCORE(key, job_id)
  local lane, priority = find(job_id)
  if not lane then return rcall("ZSCORE", key, job_id) end
  return priority > 0 and string.format("%.0f", priority * BULLMQ_RUN)
end

function prioritized.ZCARD() return size(true) end

-- Scripts count one priority at a time.
function prioritized.ZCOUNT(key, low, high)
  return lanes.count_priority(math.floor(tonumber(low) / BULLMQ_RUN)) + rcall("ZCOUNT", key, low, high)
end

-- Scripts look here when `wait` had nothing, and RPOPLPUSH has taken from all.
function prioritized.ZPOPMIN() return {} end

function prioritized.ZRANGE(_, first, last)
  local of = size(true)
  first, last = clamp(first, last, of)
  return slice(true, first, last - first + 1)
end

function prioritized.ZREVRANGE(_, first, last)
  local of = size(true)
  first, last = clamp(first, last, of)
  return reversed(slice(true, of - 1 - last, last - first + 1))
end

-- Scripts ask for all of them, or the first few.
function prioritized.ZRANGEBYSCORE(_, low, high, limit, offset, count)
  if tonumber(low) ~= 0 or high ~= "+inf" then error("ZRANGEBYSCORE on prioritized") end
  return slice(true, limit and tonumber(offset) or 0, limit and tonumber(count) or size(true))
end

function prioritized.TYPE() return { ok = "zset" } end

local function split(job_key)
  local of, job_id = string.match(job_key, "^(.*:)([^:]+)$")
  return of, job_id, job_id and lanes.key_of(job_id)
end

-- A key's job is listed with the key's others,
local function remember(job_key)
  local of, job_id, key = split(job_key)
  if key then rcall("ZADD", of .. "mr:index:" .. key, 0, string.match(job_id, "(%w+)$")) end
end

-- and leaves more than BullMQ knows of.
local function forget(job_key)
  local of, job_id, key = split(job_key)
  if not key then return end
  local idempotency = string.match(rcall("HGET", job_key, "ik") or "", "^%d+:(.*)$")
  if idempotency then
    local idem = of .. "mr:idem:" .. key .. ":" .. idempotency
    local state, owner = string.match(rcall("GET", idem) or "", "^%S* (%S+) (%S+)$")
    if owner == job_id and state == "-" then rcall("DEL", idem) end
  end
  rcall("DEL", job_key .. ":output")
  rcall("ZREM", of .. "mr:index:" .. key, string.match(job_id, "(%w+)$"))
  for _, set in ipairs({ "mr:expiry", "mr:retain", "mr:leases" }) do rcall("ZREM", of .. set, job_id) end
end

-- What is kept of a queue besides its jobs.
local OF_QUEUE = { "mr:bands", "mr:idle:0", "mr:idle:1", "mr:idle:2", "mr:idle:3", "mr:seq", "mr:seq:plain" }

local function delete(first, second, ...)
  if second == first .. ":logs" then forget(first) end
  local of = string.match(first, "^(.*:)events$")
  if of and second == of .. "delay" then
    for _, name in ipairs(OF_QUEUE) do rcall("DEL", of .. name) end
  end
  return rcall("DEL", first, second, ...)
end

local ENDED = { completed = "f SUCCEEDED", failed = "f FAILED" }

local function call(command, key, ...)
  local kind = string.byte(command)
  -- Commands on lists and sorted sets begin with L, R, T or Z.
  if kind == 90 or kind == 76 or kind == 82 or kind == 84 then
    local of, name = string.match(key, "^(.*:)(%a+)$")
    if command == "RENAME" then of, name = string.match((...), "^(.*:)(%a+)$") end
    local view = name == "wait" and wait or name == "prioritized" and prioritized
    if view then
      local answer = view[command]
      if not answer then error(command .. " on " .. name) end
      enter(of)
      return answer(key, ...)
    end
    local kind_of_end = command == "ZADD" and ENDED[name]
    if kind_of_end then
      local job_id = select(2, ...)
      if lanes.key_of(job_id) then
        enter(of)
        signals.add(kind_of_end, job_id)
      end
    end
  elseif command == "DEL" and select("#", ...) > 0 then
    return delete(key, ...)
  elseif command == "HMSET" and (...) == "name" then
    remember(key)
  end
  return rcall(command, key, ...)
end

views.redis = setmetatable({ call = call }, { __index = redis })
