-- lists: the commands on `wait` and `prioritized` by which BullMQ's scripts list jobs or take them out, and how they store
-- and delete jobs. `wait` reads from left to right as in BullMQ: the next job of its order is the rightmost.
--
-- Needs what groups.lua defines.
more()
local wait, prioritized = {}, {}
local lists = { wait = wait, prioritized = prioritized }
local commands = {}
-- In the set of waiting jobs, the mark is before all jobs.
local MARKS = 1
-- The last range of `wait`.
local last_range

-- A command's first and last index, counted from 0. If last < first, the range is empty.
local function clamp(first, last, length)
  first, last = tonumber(first), tonumber(last)
  if first < 0 then first = math.max(length + first, 0) end
  if last < 0 then last = length + last end
  return first, math.min(last, length - 1)
end

local function slice(key, offset, first, last, command)
  if last < first then return {} end
  return rcall(command or "ZRANGE", key, offset + first, offset + last)
end

local function take_out(base, with_priority, job_id)
  local priority = groups.waits(base, job_id)
  if not priority or (priority > 0) ~= with_priority then return 0 end
  groups.remove(base, job_id)
  return 1
end

function wait.LPOS(base, _, job_id)
  return groups.waits(base, job_id) == 0 and 0
end

function wait.LREM(base, _, _, job_id)
  return take_out(base, false, job_id)
end

function wait.LRANGE(base, key, first, last)
  local length = groups.count(base, false)
  first, last = clamp(first, last, length)
  local job_ids = slice(key, MARKS, length - 1 - last, length - 1 - first)
  local reversed = {}
  for i = #job_ids, 1, -1 do reversed[#reversed + 1] = job_ids[i] end
  last_range = { first = first, length = length, job_ids = reversed }
  return reversed
end

-- Scripts put "" in the place of jobs of the last range, which they delete.
function wait.LSET(base, _, index, value)
  if value ~= "" then error("groups do not support LSET with a value on wait") end
  index = tonumber(index)
  if index < 0 then index = last_range.length + index end
  groups.remove(base, last_range.job_ids[index - last_range.first + 1])
end

-- Scripts cut off jobs of the last range that they have deleted.
function wait.LTRIM(base)
  for _, job_id in ipairs(last_range.job_ids) do
    if rcall("EXISTS", base .. job_id) == 0 then groups.remove(base, job_id) end
  end
end

-- Resuming a queue asks for this before it moves jobs from the list `paused` of BullMQ 5 to the head of `wait`.
function wait.EXISTS() return 1 end

function wait.TYPE() return { ok = "list" } end

function prioritized.ZSCORE(base, _, job_id)
  local priority, score = groups.waits(base, job_id)
  return priority and priority > 0 and string.format("%.0f", score)
end

function prioritized.ZREM(base, _, ...)
  local removed = 0
  for _, job_id in ipairs({ ... }) do removed = removed + take_out(base, true, job_id) end
  return removed
end

function prioritized.ZCOUNT(base, _, low, high)
  return rcall("ZCOUNT", base .. "wait", math.max(low, RUN), high)
end

function prioritized.ZRANGE(base, _, first, last)
  first, last = clamp(first, last, groups.count(base, true))
  return slice(base .. "wait", MARKS + groups.count(base, false), first, last)
end

function prioritized.ZREVRANGE(base, _, first, last)
  first, last = clamp(first, last, groups.count(base, true))
  return slice(base .. "wait", 0, first, last, "ZREVRANGE")
end

-- Scripts ask for all jobs, or for the first few.
function prioritized.ZRANGEBYSCORE(base, _, low, high, ...)
  return rcall("ZRANGEBYSCORE", base .. "wait", math.max(low, RUN), high, ...)
end

function prioritized.TYPE() return { ok = "zset" } end

function commands.listed(name, base, command, ...)
  local run = lists[name][command]
  if not run then
    error("groups do not support " .. command .. " on " .. name .. ": use a version of BullMQ that @millrace/bullmq supports")
  end
  return run(base, ...)
end

-- BullMQ stores a new job. Its group and its cost become fields, so that they are found without reading the options.
function commands.store(job_key, ...)
  local _, _, _, _, _, options = ...
  local group, cost = nil, 1
  if string.find(options, '"group":', 1, true) then group = cjson.decode(options).group end
  if type(group) == "table" then group, cost = group.id, group.cost or 1 end
  known[job_key] = group or ""
  if not group then return rcall("HMSET", job_key, ...) end
  if cost == 1 then return rcall("HMSET", job_key, F.group, group, ...) end
  groups.set_flag(string.match(job_key, "^(.*:)"), F.costs)
  return rcall("HMSET", job_key, F.group, group, F.cost, cost, ...)
end

-- BullMQ deletes several keys: those of a job, which it may take out of `wait` only after this, or those of the queue.
function commands.delete(first, second, ...)
  if second == first .. ":logs" then
    known[first] = rcall("HGET", first, F.group) or ""
  elseif string.match(first, ":events$") and string.match(second, ":delay$") then
    groups.forget(string.match(first, "^(.*:)"))
  end
  return rcall("DEL", first, second, ...)
end
