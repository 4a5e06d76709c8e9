-- more: what few calls of scripts need of the groups: priorities, limits, removal and upkeep.
--
-- Needs what groups.lua defines.
local MARK = "This queue is of @millrace/bullmq: use fairBackend(), or release() the queue."
-- Groups whose hold has ended, that one call releases.
local MOST_RELEASED = 100
-- A rate's window is counted in this many parts, and one more, so that no window of its length has more than its limit.
local PARTS = 20

function groups.set_flag(base, name)
  rcall("HSET", base .. "fair:meta", name, "1")
  flags_of[base] = nil
end

function groups.forget_flags(base) flags_of[base] = nil end

-- The class of a priority. Jobs without a group have BullMQ's strict order: first 0, then all others. In a group the classes
-- are 0, 1, 2-3, 4-7 and so on. A class has twice the turns of the next one, so no priority stops another.
local function class_of(group, priority)
  if priority == 0 then return 0 end
  if group == "" then return 1 end
  local _, class = math.frexp(priority)
  return class
end

local function members(base, class, group) return base .. "fair:" .. class .. ":" .. group end

local function priority_of(score)
  if score < 0 then return 0 end
  return math.floor(score / RUN)
end

-- The virtual time of a group that begins to wait: that of the group whose turn is next.
local function present(base)
  local head = rcall("ZRANGE", base .. "fair:ready", 0, 0, "WITHSCORES")
  if not head[1] then head = rcall("ZRANGE", base .. "fair:held", 0, 0, "WITHSCORES") end
  return tonumber(head[2] or 0)
end

-- Makes the queue one of this backend.
function groups.mark(base)
  if rcall("ZADD", base .. "wait", "-inf", MARK) == 1 then rcall("SET", base .. "prioritized", MARK) end
end

function groups.place_in_class(base, group, job_id, score)
  local class = class_of(group, priority_of(score))
  rcall("ZADD", members(base, class, group), score, job_id)
  if not flags(base).classes then groups.set_flag(base, F.classes) end
  if group == "" then return end
  local ring = base .. "fair:classes:" .. group
  -- A class begins with the turns that it leaves to the more urgent ones.
  local time = rcall("ZRANGE", ring, 0, 0, "WITHSCORES")[2] or 0
  rcall("ZADD", ring, "NX", time + 2 ^ class, class, time, 0)
end

-- A group has got a job, and was not ready.
function groups.activate(base, group)
  groups.mark(base)
  if rcall("ZSCORE", base .. "fair:held", group) then return end
  rcall("ZADD", base .. "fair:ready", present(base), group)
end

-- Puts a job back that was taken and may not run.
function groups.put_back(base, group, job_id, score)
  rcall("ZADD", members(base, class_of(group, priority_of(score)), group), score, job_id)
end

-- Takes a waiting job out of its place. Returns nil if it does not wait.
function groups.remove(base, job_id)
  local score = tonumber(rcall("ZSCORE", base .. "wait", job_id) or nil)
  if not score then return nil end
  local group = group_of(base, job_id)
  rcall("ZREM", base .. "wait", job_id)
  rcall("ZREM", members(base, class_of(group, priority_of(score)), group), job_id)
  return score
end

-- The priority with which a job waits, or nil.
function groups.waits(base, job_id)
  local score = tonumber(rcall("ZSCORE", base .. "wait", job_id) or nil)
  return score and priority_of(score), score
end

local function pop_class(base, class, group) return rcall("ZPOPMIN", members(base, class, group)) end

-- The next job of a group with its score, taken out of it; or nothing.
function groups.pop(base, group)
  if group == "" then
    local job = pop_class(base, 0, "")
    if job[1] then return job end
    return pop_class(base, 1, "")
  end
  local ring = base .. "fair:classes:" .. group
  local turns = rcall("ZRANGE", ring, 0, -1, "WITHSCORES")
  if #turns == 0 then return pop_class(base, 0, group) end
  for i = 1, #turns, 2 do
    local class, time = tonumber(turns[i]), tonumber(turns[i + 1])
    local job = pop_class(base, class, group)
    if job[1] then
      rcall("ZADD", ring, time + 2 ^ class, class)
      -- Class 0 is always in the ring. Its time goes on while it has no jobs.
      if class > 0 then rcall("ZADD", ring, "GT", time, 0) end
      return job
    end
    if class > 0 then rcall("ZREM", ring, class) end
  end
  rcall("DEL", ring)
  return {}
end

local function now_ms()
  local time = rcall("TIME")
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What settings that are stored as texts say. The same text has the same table, which nobody changes.
local parsed = {}
local function parse(text)
  local limits = parsed[text]
  if not limits then
    limits = {}
    for name, value in string.gmatch(text, "(%w+)=(%S+)") do limits[name] = tonumber(value) end
    parsed[text] = limits
  end
  return limits
end

-- The limits of all groups of a queue, if no group has its own; else false.
local common = {}

local function common_limits(base)
  local settings = base .. "fair:settings"
  local defaults = rcall("HGET", settings, F.defaults)
  return rcall("HLEN", settings) <= (defaults and 1 or 0) and parse(defaults or "")
end

-- The limits of a group: its own, else those for all groups.
function groups.limits_of(base, group)
  local limits = common[base]
  if limits == nil then
    limits = common_limits(base)
    common[base] = limits
  end
  if limits then return limits end
  local texts = rcall("HMGET", base .. "fair:settings", F.defaults, "=" .. group)
  -- Of two values the last holds.
  return parse((texts[1] or "") .. " " .. (texts[2] or ""))
end

-- Queues in which no group is held, as far as this script has looked.
local none_held = {}

function groups.hold(base, group, time, until_ms)
  none_held[base] = nil
  rcall("ZREM", base .. "fair:ready", group)
  rcall("ZADD", base .. "fair:held", time, group)
  if until_ms then rcall("ZADD", base .. "fair:until", until_ms, group) end
end

-- Lets a held group run again, if it is not held until a time that is to come.
function groups.unhold(base, group)
  local time = tonumber(rcall("ZSCORE", base .. "fair:held", group) or nil)
  if not time then return end
  local present_time = present(base)
  rcall("ZREM", base .. "fair:held", group)
  rcall("ZREM", base .. "fair:until", group)
  rcall("ZADD", base .. "fair:ready", math.max(time, present_time), group)
  rcall("ZADD", base .. "marker", 0, "0")
end

-- Holds a group for a time, whether jobs of it wait or not.
function groups.hold_for(base, group, ms)
  local time = rcall("ZSCORE", base .. "fair:ready", group) or rcall("ZSCORE", base .. "fair:held", group)
  groups.set_flag(base, F.limits)
  groups.set_flag(base, F.rates)
  groups.mark(base)
  groups.hold(base, group, time or present(base), now_ms() + ms)
end

-- When the next group that a rate holds may run, in milliseconds, or nil.
function groups.next_release(base)
  return tonumber(rcall("ZRANGE", base .. "fair:until", 0, 0, "WITHSCORES")[2])
end

function groups.release_due(base)
  local due = groups.next_release(base)
  if not due then return end
  local now = now_ms()
  if due > now then return end
  for _, group in ipairs(rcall("ZRANGEBYSCORE", base .. "fair:until", "-inf", now, "LIMIT", 0, MOST_RELEASED)) do
    groups.unhold(base, group)
  end
end

-- Charges a job to its group's rate. If the rate does not allow the job, it returns when it will.
function groups.charge(base, group, limits, cost)
  local part_ms = math.ceil(limits.duration / PARTS)
  local parts = math.ceil(limits.duration / part_ms)
  local key = base .. "fair:rate:" .. part_ms .. ":" .. group
  local part = math.floor(now_ms() / part_ms)
  local used, at = 0, {}
  local stored = rcall("HGETALL", key)
  for i = 1, #stored, 2 do
    local number = tonumber(stored[i])
    if number < part - parts then
      rcall("HDEL", key, stored[i])
    else
      used = used + stored[i + 1]
      at[#at + 1] = { number, tonumber(stored[i + 1]) }
    end
  end
  -- A job that costs more than the limit takes all of it.
  cost = math.min(cost, limits.max)
  if used + cost <= limits.max then
    rcall("HINCRBY", key, string.format("%.0f", part), cost)
    rcall("PEXPIRE", key, (parts + 2) * part_ms)
    return nil
  end
  table.sort(at, function(one, other) return one[1] < other[1] end)
  for _, entry in ipairs(at) do
    used = used - entry[2]
    if used + cost <= limits.max then return (entry[1] + parts + 1) * part_ms end
  end
end

-- Whether a group may run one more job. If the queue counts running jobs, that job is counted already.
function groups.may_start(base, group, limits, counts)
  if limits.paused == 1 then return false end
  if not counts then return true end
  local running = rcall("HINCRBY", base .. "fair:running", group, 1)
  if not limits.concurrency or running <= limits.concurrency then return true end
  groups.stop(base, group)
  return false
end

-- Counts one running job of a group less. Counts of 0 stay until the next recount, which every worker does regularly.
function groups.stop(base, group)
  if rcall("HINCRBY", base .. "fair:running", group, -1) < 0 then rcall("HDEL", base .. "fair:running", group) end
end

-- Lets a held group run again, if it is not held until a time.
local function unhold_counted(base, group)
  if not rcall("ZSCORE", base .. "fair:held", group) then return end
  if not rcall("ZSCORE", base .. "fair:until", group) then groups.unhold(base, group) end
end

-- A job of the group has left `active`.
function groups.leave(base, job_id)
  local group = group_of(base, job_id)
  groups.stop(base, group)
  if none_held[base] == nil then none_held[base] = rcall("EXISTS", base .. "fair:held") == 0 end
  if not none_held[base] then unhold_counted(base, group) end
end

-- Lets all groups run again that only a count or a pause held. Those that still may not are held at their next turn.
function groups.unhold_all(base)
  for _, group in ipairs(rcall("ZRANGE", base .. "fair:held", 0, -1)) do unhold_counted(base, group) end
end

-- Counts the running jobs of all groups from `active`.
function groups.recount(base)
  local running = {}
  for _, job_id in ipairs(rcall("LRANGE", base .. "active", 0, -1)) do
    local group = group_of(base, job_id)
    running[group] = (running[group] or 0) + 1
  end
  rcall("DEL", base .. "fair:running")
  for group, count in pairs(running) do rcall("HSET", base .. "fair:running", group, count) end
  groups.unhold_all(base)
end

-- Removes all that this backend stores for a queue, if no job waits.
function groups.forget(base)
  for _, set in ipairs({ "fair:ready", "fair:held" }) do
    for _, group in ipairs(rcall("ZRANGE", base .. set, 0, -1)) do rcall("DEL", base .. "fair:classes:" .. group) end
  end
  rcall("DEL", base .. "wait", base .. "prioritized", base .. "fair:ready", base .. "fair:held", base .. "fair:until",
    base .. "fair:running", base .. "fair:seq", base .. "fair:meta", base .. "fair:settings")
end
