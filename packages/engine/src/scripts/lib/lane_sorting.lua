-- lane_sorting: moving jobs that waited before a worker named their type to the lanes of that type. Part of
-- `lanes`, and included after lane_turns by the script that leases, inside a function: it is rarely needed, and
-- what a script defines costs each call.
--
-- It is done in rounds, a step at a time, each with a bound, by calls that lease. mr:sorting is there while
-- there is something to do: `todo` has the sets that are still to be looked through for lanes of all types, a
-- line each, `cursor` the place in the first of them, and `lane` and `from` the place in the lane that is
-- looked through. mr:unsorted has the lanes that were found, with 1 once they were looked through: each once a
-- round. Held lanes are looked at last, and one that is ready again meanwhile is noted as that happens (see
-- look_through in lib/lanes): so none is missed that was there when the round began. What comes later goes
-- where it belongs.
--
-- Needs `base`, `rcall`, `numbers`, `signals`, and what is local to lib/lanes.
-- TOUCHES  mr:types (zset), mr:sorting (hash), mr:unsorted (zset), mr:lane: (zset), mr:parked (zset),
--          mr:ready: (zset), mr:classes (set)

-- How many jobs, and about how many lanes, a step looks at.
local JOBS_A_STEP, LANES_A_STEP = 500, 50
-- How often a step lists more lanes: there are a few sets for each pool, and mostly few lanes in one.
local LISTS_A_STEP = 32
-- More types than this of one queue are forgotten, those first that were not named for longest: their jobs
-- wait with those of all other types until a worker names them again.
local MOST_TYPES = 1000

local function end_round()
  rcall("UNLINK", base .. "mr:sorting", base .. "mr:unsorted")
  lanes.sorting = false
end

local function begin_round()
  local todo = {}
  for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
    local band, _, type = parts_of(class)
    if band ~= "0" and not type then todo[#todo + 1] = "mr:ready:" .. class end
  end
  end_round()
  if #todo == 0 and not any_held() then return end
  todo[#todo + 1] = "mr:parked"
  rcall("HSET", base .. "mr:sorting", "todo", table.concat(todo, "\n"), "cursor", "0")
  lanes.sorting = true
end

-- Notes that workers serve types, each after the time. Their jobs have lanes of their own from now on.
function lanes.name_types(named)
  rcall("ZADD", base .. "mr:types", unpack(named))
  rcall("ZREMRANGEBYRANK", base .. "mr:types", 0, -MOST_TYPES - 1)
  lanes.named = {}
  begin_round()
end

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
local function sort_lane(lane, from, limit)
  local jobs = rcall("ZRANGEBYSCORE", base .. "mr:lane:" .. lane, from, "+inf", "WITHSCORES", "LIMIT", 0, limit)
  local moved, order = {}, {}
  for i = 1, #jobs, 2 do
    local to = lanes.of_type(lane, rcall("HGET", base .. jobs[i], "name"))
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

-- Lists some more lanes of all types. False: there are no more.
local function list_lanes()
  local state = rcall("HMGET", base .. "mr:sorting", "todo", "cursor")
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
    rcall("HSET", base .. "mr:sorting", "todo", rest, "cursor", "0")
  else
    rcall("HSET", base .. "mr:sorting", "cursor", reply[1])
  end
  return true
end

-- The lane to be looked through next, and its place where that has begun; nil: none was found yet.
local function next_unsorted()
  local begun = rcall("HMGET", base .. "mr:sorting", "lane", "from")
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
      local looked_at, last = 0, nil
      if string.match(lane, OF_ALL_TYPES) then
        looked_at, last = sort_lane(lane, from and string.format("(%.17g", from) or "-inf", left)
      end
      if looked_at < left then
        rcall("ZADD", base .. "mr:unsorted", 1, lane)
        rcall("HDEL", base .. "mr:sorting", "lane", "from")
      else
        rcall("HSET", base .. "mr:sorting", "lane", lane, "from", last)
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
