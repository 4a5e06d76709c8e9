-- lists: the views of `wait` and `prioritized` for scripts that list jobs or take them out.
--
-- `wait` reads from left to right as in BullMQ: the next job is the rightmost. Over several lanes the order is by class,
-- and then by turn; inside a lane it is exact.
--
-- Needs `base`, `rcall`, `lanes`, and what is local to views.
-- TOUCHES  wait (list), prioritized (zset)
--- @include "lanes/lib/lane_reads"
--- @include "bullmq/lua/belongings"

-- The lanes of listed jobs. A script may delete a job's hash before it takes the job out.
local lane_of = {}
-- The last range of `wait`.
local listed

-- The lane in which a job waits, and its priority; or nil.
local function find(job_id)
  local lane = lane_of[job_id] or lanes.where(job_id)
  local priority = lane and lanes.priority_in(lane, job_id)
  if priority then return lane, priority end
end

local function take_out(job_id, lane)
  taken_out[job_id] = true
  return lanes.remove(lane, job_id)
end

local function size(with_priority)
  local all, without = lanes.size()
  if with_priority then return all - without + rcall("ZCARD", base .. "prioritized") end
  return without + rcall("LLEN", base .. "wait")
end

-- `count` jobs of a view after the first `skip` jobs, in order.
local function slice(with_priority, skip, count)
  local found = {}
  if count <= 0 then return found end
  skip = lanes.list(with_priority, skip, count, function(job_id, lane)
    found[#found + 1] = job_id
    lane_of[job_id] = lane
  end)
  local left = count - #found
  if left == 0 then return found end
  if with_priority then
    local rest = rcall("ZRANGE", base .. "prioritized", skip, skip + left - 1)
    for _, job_id in ipairs(rest) do found[#found + 1] = job_id end
  else
    local rest = rcall("LRANGE", base .. "wait", -skip - left, -skip - 1)
    for i = #rest, 1, -1 do found[#found + 1] = rest[i] end
  end
  return found
end

local function reversed(list)
  local result = {}
  for i = #list, 1, -1 do result[#result + 1] = list[i] end
  return result
end

-- A command's first and last index, counted from 0. If last < first, the range is empty.
local function clamp(first, last, length)
  first, last = tonumber(first), tonumber(last)
  if first < 0 then first = math.max(length + first, 0) end
  if last < 0 then last = length + last end
  return first, math.min(last, length - 1)
end

function wait.LLEN() return size(false) end

function wait.LPOS(key, job_id)
  local lane, priority = find(job_id)
  if priority == 0 then return 0 end
  return not lane and rcall("LPOS", key, job_id)
end

function wait.LREM(key, count, job_id)
  local lane, priority = find(job_id)
  if priority == 0 then return take_out(job_id, lane) and 1 or 0 end
  if lane then return 0 end
  return rcall("LREM", key, count, job_id)
end

function wait.LRANGE(_, first, last)
  local length = size(false)
  first, last = clamp(first, last, length)
  local ids = reversed(slice(false, length - 1 - last, last - first + 1))
  listed = { first = first, length = length, ids = ids }
  return ids
end

-- Scripts use this command to mark jobs for deletion that they have just listed.
function wait.LSET(key, index, value)
  if value ~= "" then error("lanes do not support LSET with a value on wait") end
  index = tonumber(index)
  if index < 0 then index = listed.length + index end
  local job_id = listed.ids[index - listed.first + 1]
  local lane = find(job_id)
  if lane then take_out(job_id, lane) else rcall("LREM", key, 1, job_id) end
end

-- Scripts use this command to cut off jobs that they have just listed and deleted.
function wait.LTRIM(key)
  for _, job_id in ipairs(listed.ids) do
    if rcall("EXISTS", base .. job_id) == 0 then
      local lane = find(job_id)
      if lane then take_out(job_id, lane) else rcall("LREM", key, 1, job_id) end
    end
  end
end

function wait.TYPE() return { ok = "list" } end

function prioritized.ZCARD() return size(true) end

function prioritized.ZSCORE(key, job_id)
  local lane, priority = find(job_id)
  if not lane then return rcall("ZSCORE", key, job_id) end
  return priority > 0 and string.format("%.0f", priority * BULLMQ_RUN)
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

-- Scripts count one priority at a time.
function prioritized.ZCOUNT(key, low, high)
  return lanes.count_priority(math.floor(tonumber(low) / BULLMQ_RUN)) + rcall("ZCOUNT", key, low, high)
end

function prioritized.ZRANGE(_, first, last)
  first, last = clamp(first, last, size(true))
  return slice(true, first, last - first + 1)
end

function prioritized.ZREVRANGE(_, first, last)
  local length = size(true)
  first, last = clamp(first, last, length)
  return reversed(slice(true, length - 1 - last, last - first + 1))
end

-- Scripts ask for all jobs, or for the first few.
function prioritized.ZRANGEBYSCORE(_, low, high, limit, offset, count)
  if tonumber(low) ~= 0 or high ~= "+inf" then error("lanes do not support ZRANGEBYSCORE on prioritized with these limits") end
  return slice(true, limit and tonumber(offset) or 0, limit and tonumber(count) or size(true))
end

function prioritized.TYPE() return { ok = "zset" } end
