-- lane_sorting: moving jobs to the lanes of their types' families: from the lanes for all types, where they came
-- before a worker named their type, and from lanes of families that are no more. Part of `lanes`, and included
-- after lane_turns by the script that leases, inside a function: it is rarely needed, and what a script defines
-- costs each call.
--
-- It is done in rounds, a step at a time, each with a bound, by calls that lease. mr:sorting is there while
-- there is something to do: `todo` has the sets that are still to be looked through for such lanes, a
-- line each, `cursor` the place in the first of them, `lane` and `from` the place in the lane that is
-- looked through, and `ended` the families that ended and may still have jobs, a line each. mr:unsorted has the lanes that were found, with 1 once they were looked through: each once a
-- round. Held lanes are looked at last, and one that is ready again meanwhile is noted as that happens (see
-- look_through in lib/lanes): so none is missed that was there when the round began. What comes later goes
-- where it belongs.
--
-- Needs `base`, `rcall`, `now_ms`, `numbers`, `signals`, and what is local to lib/lanes.
-- TOUCHES  mr:sorting (hash), mr:unsorted (zset), mr:lane: (zset), mr:parked (zset),
--          mr:ready: (zset), mr:classes (set)

-- How many jobs, and about how many lanes, a step looks at.
local JOBS_A_STEP, LANES_A_STEP = 500, 50
-- How often a step lists more lanes: there are a few sets for each pool, and mostly few lanes in one.
local LISTS_A_STEP = 32
local function end_round()
  rcall("UNLINK", base .. "mr:sorting", base .. "mr:unsorted")
  lanes.sorting = false
end

local function begin_round(ended)
  local todo, ended_before = {}, rcall("HGET", base .. "mr:sorting", F.sorting_ended) or ""
  for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
    local band, _, family, suspects = parts_of(class)
    if band ~= "0" and not suspects and not (family and is_family(family)) then todo[#todo + 1] = "mr:ready:" .. class end
  end
  end_round()
  if #todo == 0 and not any_held() then return end
  todo[#todo + 1] = "mr:parked"
  rcall("HSET", base .. "mr:sorting", F.sorting_todo, table.concat(todo, "\n"), F.sorting_cursor, "0",
    F.sorting_ended, ended_before .. table.concat(ended, "\n") .. "\n")
  lanes.sorting = true
end

--- @include "lanes/lib/family_changes"

-- Moves jobs, given as score and id each, from one lane to another one of the same key.
local function move_jobs(from, to, jobs)
  local ids, target = {}, base .. "mr:lane:" .. to
  for i = 2, #jobs, 2 do ids[#ids + 1] = jobs[i] end
  local was_empty = rcall("EXISTS", target) == 0
  rcall("ZADD", target, unpack(jobs))
  rcall("ZREM", base .. "mr:lane:" .. from, unpack(ids))
  local key, class = split(to)
  -- Each lane has another job at its head, perhaps, which may be able to run.
  if was_empty then enter(key, class) else release(to, key, class) end
  local _, class_from = split(from)
  if rcall("EXISTS", base .. "mr:lane:" .. from) == 0 then
    leave(from, key, class_from)
  else
    release(from, key, class_from)
  end
end

-- Looks at up to `limit` jobs of a lane, those from a score on. Returns how many there were, and the last one's score.
local function sort_lane(lane, of_all, from, limit)
  local jobs = rcall("ZRANGEBYSCORE", base .. "mr:lane:" .. lane, from, "+inf", "WITHSCORES", "LIMIT", 0, limit)
  local moved, order = {}, {}
  for i = 1, #jobs, 2 do
    local to = lanes.of_type(of_all, rcall("HGET", base .. jobs[i], F.type))
    if to ~= lane then
      if not moved[to] then
        moved[to] = {}
        order[#order + 1] = to
      end
      local n = #moved[to]
      moved[to][n + 1], moved[to][n + 2] = jobs[i + 1], jobs[i]
    end
  end
  for _, to in ipairs(order) do move_jobs(lane, to, moved[to]) end
  if #order > 0 then signals.work() end
  return #jobs / 2, jobs[#jobs]
end

-- Lists some more lanes that are to be looked through. False: there are no more.
local function list_lanes()
  local state = rcall("HMGET", base .. "mr:sorting", F.sorting_todo, F.sorting_cursor)
  local set, rest = string.match(state[1] or "", "^([^\n]+)\n?(.*)$")
  local class = set and string.match(set, "^mr:ready:(.*)$")
  if not class and set ~= "mr:parked" then return false end
  local cursor = string.match(state[2] or "", "^%d%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?$") or "0"
  local reply = rcall("ZSCAN", base .. set, cursor, "COUNT", LANES_A_STEP)
  for i = 1, #reply[2], 2 do
    local member = reply[2][i]
    look_through(class and member .. "|" .. class or member)
  end
  if reply[1] == "0" then
    rcall("HSET", base .. "mr:sorting", F.sorting_todo, rest, F.sorting_cursor, "0")
  else
    rcall("HSET", base .. "mr:sorting", F.sorting_cursor, reply[1])
  end
  return true
end

-- The lane to be looked through next, and its place where that has begun; nil: none was found yet.
local function next_unsorted()
  local begun = rcall("HMGET", base .. "mr:sorting", F.sorting_lane, F.sorting_from)
  if begun[1] then return begun[1], numbers.finite(begun[2]) end
  return rcall("ZRANGEBYSCORE", base .. "mr:unsorted", "-inf", 0, "LIMIT", 0, 1)[1]
end

-- Does a step, if there is anything to do. Returns whether there is more.
function lanes.sort()
  if not is_sorting() then return false end
  write_puts()
  local left, lists = JOBS_A_STEP, 0
  while left > 0 and lists < LISTS_A_STEP do
    local lane, from = next_unsorted()
    if lane then
      local looked_at, last, of_all = 0, nil, unsorted_beside(lane)
      if of_all then looked_at, last = sort_lane(lane, of_all, from and string.format("(%.17g", from) or "-inf", left) end
      if looked_at < left then
        rcall("ZADD", base .. "mr:unsorted", 1, lane)
        rcall("HDEL", base .. "mr:sorting", F.sorting_lane, F.sorting_from)
      else
        rcall("HSET", base .. "mr:sorting", F.sorting_lane, lane, F.sorting_from, last)
      end
      left = left - looked_at - 1
    elseif list_lanes() then
      lists = lists + 1
    else
      end_round()
      return false
    end
  end
  return true
end
