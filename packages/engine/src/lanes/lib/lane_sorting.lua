-- lane_sorting: moves jobs to the lanes of their types' families. The jobs come from the lanes for all types, where
-- they arrived before a worker named their type, and from lanes of families that have ended. Part of `lanes`. The
-- script that leases includes it after lane_turns, inside a function: it is rarely needed, and each definition in a
-- script costs time in every call.
--
-- Sorting runs in rounds of bounded steps, which calls that lease make. mr:sorting exists while a round runs. Its
-- `todo` has the sets that are still to be searched for lanes, one on each line; `cursor` is the place in the
-- first of them. `lane` and `from` are the place in the lane that is being sorted. `ended` has the families that
-- ended and may still have jobs, one on each line. mr:unsorted has the lanes that were found, with score 1 once
-- they are sorted, so that each is sorted once in a round. Held lanes are searched last, and a lane that becomes
-- ready meanwhile is noted then (look_through in lib/lane_states), so no lane that existed when the round began is
-- missed. Jobs that arrive later go straight to the lane that they belong to.
--
-- Needs `base`, `rcall`, `now_ms`, `numbers`, `signals`, and what is local to lib/lanes.
-- TOUCHES  mr:sorting (hash), mr:unsorted (zset), mr:lane: (zset), mr:held (zset),
--          mr:ready: (zset), mr:classes (set)

-- How many jobs, and about how many lanes, one step checks.
local JOBS_A_STEP, LANES_A_STEP = 500, 50
-- How often one step lists more lanes. There are a few sets for each pool, and most have few lanes.
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
  todo[#todo + 1] = "mr:held"
  rcall("HSET", base .. "mr:sorting", F.sorting_todo, table.concat(todo, "\n"), F.sorting_cursor, "0",
    F.sorting_ended, ended_before .. table.concat(ended, "\n") .. "\n")
  lanes.sorting = true
end

--- @include "lanes/lib/family_changes"

-- Moves jobs from one lane to another lane of the same key. `jobs` has the score and the id of each.
local function move_jobs(from, to, jobs)
  local ids, target = {}, base .. "mr:lane:" .. to
  for i = 2, #jobs, 2 do ids[#ids + 1] = jobs[i] end
  local was_empty = rcall("EXISTS", target) == 0
  rcall("ZADD", target, unpack(jobs))
  rcall("ZREM", base .. "mr:lane:" .. from, unpack(ids))
  local key, class = split(to)
  -- Both lanes may have a new job at their heads, which may be able to run.
  if was_empty then enter(key, class) else release(to, key, class) end
  local _, class_from = split(from)
  if rcall("EXISTS", base .. "mr:lane:" .. from) == 0 then
    leave(from, key, class_from)
  else
    release(from, key, class_from)
  end
end

-- Sorts up to `limit` jobs of a lane from a score on. Returns how many there were, and the score of the last one.
local function sort_lane(lane, of_all, from, limit)
  local jobs = rcall("ZRANGEBYSCORE", base .. "mr:lane:" .. lane, from, "+inf", "WITHSCORES", "LIMIT", 0, limit)
  local moved, order = {}, {}
  for i = 1, #jobs, 2 do
    local to = lanes.for_type(of_all, rcall("HGET", base .. jobs[i], F.type))
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

-- Lists some more lanes to sort. Returns false if there are no more.
local function list_lanes()
  local state = rcall("HMGET", base .. "mr:sorting", F.sorting_todo, F.sorting_cursor)
  local set, rest = string.match(state[1] or "", "^([^\n]+)\n?(.*)$")
  local class = set and string.match(set, "^mr:ready:(.*)$")
  if not class and set ~= "mr:held" then return false end
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

-- The next lane to sort, and the place in it if that has begun. Nil: none has been found yet.
local function next_unsorted()
  local begun = rcall("HMGET", base .. "mr:sorting", F.sorting_lane, F.sorting_from)
  if begun[1] then return begun[1], numbers.finite(begun[2]) end
  return rcall("ZRANGEBYSCORE", base .. "mr:unsorted", "-inf", 0, "LIMIT", 0, 1)[1]
end

-- Makes one step, if there is anything to sort. Returns whether more is left.
function lanes.sort()
  if not is_sorting() then return false end
  write_puts()
  local left, lists = JOBS_A_STEP, 0
  while left > 0 and lists < LISTS_A_STEP do
    local lane, from = next_unsorted()
    if lane then
      local looked_at, last, of_all = 0, nil, lane_for_all_if_unsorted(lane)
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
