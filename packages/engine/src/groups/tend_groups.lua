-- tend_groups: look at groups that are due.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_failed_ms, keep_ms, limit
-- RETURNS  {"OK", more, other_ends}, see ends.report
-- REPEAT   safe
-- TOUCHES  mr:groups (zset), mr:groups-ended (zset), mr:group: (hash)
--
-- A group past its deadline expires. Of a group that is cancelled, the children that have not ended are cancelled. Children
-- whose end another program brought, or that another program removed, are counted. One call looks at CHILDREN children of
-- each group, and goes on in the next. A group is removed keep_ms after it finished, unless its waiter still needs it.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_failed_ms = numbers.given(ARGV[3], "keep_failed_ms")
local keep_ms = numbers.given(ARGV[4], "keep_ms")
local limit = numbers.given(ARGV[5], "limit")
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/waiting"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/ends"
--- @include "groups/lib/removal"

local CHILDREN = 200
-- How soon a group is looked at again whose children have been told to stop.
local STOPPING_MS = 5000

local function stop(group, job_id, state)
  if state == "RUNNING" then
    if rcall("HSETNX", base .. job_id, F.cancel_reason, group.cancel_reason) == 1 then signals.add("c", job_id) end
    return
  end
  local expired = group.cancel == "EXPIRED"
  waiting.take_out(job_id)
  ends.give_up_other(job_id, waiting.PLACES[state], expired and "EXPIRED" or "CANCELLED",
    expired and "DEADLINE_EXCEEDED" or "CANCELLED", group.cancel_reason)
end

-- Looks at a child that has not ended as far as its group knows.
local function look(group, index, job_id)
  local state = jobs.state(job_id)
  if not state then
    groups.note_end(index .. " " .. group.id, job_id, "REMOVED", "")
  elseif not waiting.PLACES[state] and state ~= "RUNNING" then
    local fields = rcall("HMGET", base .. job_id, F.result, F.failure)
    groups.note_end(index .. " " .. group.id, job_id, state, fields[1] or fields[2] or "")
  elseif group.cancel ~= "" and not (group.cancel == "met" and group.keep_siblings ~= "") then
    stop(group, job_id, state)
  end
end

local function tend(id)
  local group = groups.get(id)
  if not group then
    rcall("ZREM", base .. "mr:groups", id)
    return
  end
  -- Whoever created the group died before its finalizer was stored, or refused. Nobody knows the group.
  if group.kind == "finalizer" and group.waited == "" and group.total == 0 then
    removal.remove(id)
    return
  end
  if not groups.FINAL[group.state] and group.deadline_ms > 0 and group.deadline_ms <= now_ms then
    groups.cancel(group, "EXPIRED", "its group did not finish by its deadline")
  end
  local first = math.max(1, group.cursor)
  local last = math.min(group.total, first + CHILDREN - 1)
  local indexes = {}
  for index = first, last do indexes[#indexes + 1] = index end
  local entries = #indexes > 0 and rcall("HMGET", base .. "mr:group:" .. id .. ":children", unpack(indexes)) or {}
  for i, entry in ipairs(entries) do
    local mark, ulid = string.match(entry or "", "^([-+*]) (%w+)")
    if mark then look(group, string.format("%.0f", indexes[i]), groups.child_id(id, ulid)) end
  end
  local done = last >= group.total
  groups.set_cursor(group, done and 1 or last + 1)
  local next_ms = not done and now_ms or now_ms + (group.cancel ~= "" and STOPPING_MS or groups.LOOK_MS)
  if group.deadline_ms > now_ms and not groups.FINAL[group.state] then next_ms = math.min(next_ms, group.deadline_ms) end
  rcall("ZADD", base .. "mr:groups", next_ms, id)
end

-- Removes a group, unless the job that fanned out to it has not ended: it reads what its children gave.
local function forget(id)
  local waiter = rcall("HGET", base .. "mr:group:" .. id, F.group_waiter) or ""
  if waiter ~= "" and rcall("EXISTS", base .. waiter) == 1 and rcall("HEXISTS", base .. waiter, F.finished_ms) == 0 then
    rcall("ZADD", base .. "mr:groups-ended", now_text, id)
    return
  end
  removal.remove(id)
end

local due = rcall("ZRANGEBYSCORE", base .. "mr:groups", "-inf", now_ms, "LIMIT", 0, limit)
for _, id in ipairs(due) do tend(id) end
ends.flush()
for _, id in ipairs(rcall("ZRANGEBYSCORE", base .. "mr:groups-ended", "-inf", now_ms - keep_ms, "LIMIT", 0, limit)) do forget(id) end
lanes.flush()
later.flush()
stored.flush()
events.flush()
signals.publish()
local first = rcall("ZRANGE", base .. "mr:groups", 0, 0, "WITHSCORES")
return { "OK", first[2] and tonumber(first[2]) <= now_ms and 1 or 0, ends.report() }
