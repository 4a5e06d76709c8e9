-- lane_reads: reads the contents of lanes for scripts that list and count jobs. Part of `lanes`, and included
-- right after it.
--
-- Needs `base`, `rcall`, `numbers`, and what is local to lib/lanes.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset), mr:classes (set), mr:held (zset), mr:held-classes: (set),
--          mr:depth (hash)

-- How many lanes one command reads.
local LANES_AT_ONCE = 256

-- The priority with which a job waits, or nil if it is not in the lane.
function lanes.priority_in(lane, job_id)
  write_puts()
  local score = rcall("ZSCORE", base .. "mr:lane:" .. lane, job_id)
  return score and math.floor(tonumber(score) / run_of(lane))
end

-- How many jobs are in lanes, and how many of those have no priority.
function lanes.size()
  lanes.flush()
  local depth = rcall("HMGET", base .. "mr:depth", F.depth_all, F.depth_without_priority)
  return numbers.whole(depth[1]) or 0, numbers.whole(depth[2]) or 0
end

-- How many jobs of a key are in its lanes, without those that this call puts. If all lanes together have no more than
-- `enough` jobs, it returns that sum instead. A lane has jobs if it is ready or held.
function lanes.depth(key, enough)
  lanes.all = lanes.all or (numbers.whole(rcall("HGET", base .. "mr:depth", F.depth_all)) or 0)
  if lanes.all <= enough then return lanes.all end
  lanes.classes = lanes.classes or rcall("SMEMBERS", base .. "mr:classes")
  local depth, seen = 0, {}
  local function count(classes)
    for _, class in ipairs(classes) do
      if not seen[class] then depth = depth + rcall("ZCARD", base .. "mr:lane:" .. key .. "|" .. class) end
      seen[class] = true
    end
  end
  count(lanes.classes)
  if any_held() then count(rcall("SMEMBERS", base .. "mr:held-classes:" .. key)) end
  return depth
end

-- Calls each(lane) until it returns true, for every lane that may hold jobs with (or without) a priority, ready ones first.
local function each_lane(prioritized, each)
  local classes = rcall("SMEMBERS", base .. "mr:classes")
  table.sort(classes)
  for _, class in ipairs(classes) do
    -- Only the plain lane and the first band have jobs with priority 0.
    if prioritized or string.find(class, "^[01]") then
      local from = 0
      repeat
        local keys = rcall("ZRANGE", base .. "mr:ready:" .. class, from, from + LANES_AT_ONCE - 1)
        for _, key in ipairs(keys) do
          if each(key .. "|" .. class) then return end
        end
        from = from + #keys
      until #keys < LANES_AT_ONCE
    end
  end
  local from = 0
  repeat
    local held = rcall("ZRANGE", base .. "mr:held", from, from + LANES_AT_ONCE - 1)
    for _, lane in ipairs(held) do
      -- Priority 0 means the first band here, because a plain lane is never held.
      if (prioritized or string.find(lane, "|1|", 1, true)) and each(lane) then return end
    end
    from = from + #held
  until #held < LANES_AT_ONCE
end

-- Calls each(job_id, lane) for `count` jobs with a priority, or without, after skipping `skip` jobs. It goes lane by
-- lane in the order of their turns. Returns how many jobs it could not skip because there were fewer.
function lanes.list(prioritized, skip, count, each)
  write_puts()
  each_lane(prioritized, function(lane)
    local run = run_of(lane)
    local low = prioritized and run or "-inf"
    local high = prioritized and "+inf" or run - 1
    local lane_key = base .. "mr:lane:" .. lane
    local matching = rcall("ZCOUNT", lane_key, low, high)
    if skip >= matching then
      skip = skip - matching
      return false
    end
    local ids = rcall("ZRANGEBYSCORE", lane_key, low, high, "LIMIT", skip, count)
    skip, count = 0, count - #ids
    for _, job_id in ipairs(ids) do each(job_id, lane) end
    return count == 0
  end)
  return skip
end

-- How many jobs wait with one priority. It reads every lane.
function lanes.count_priority(priority)
  write_puts()
  local found = 0
  each_lane(priority > 0, function(lane)
    local run = run_of(lane)
    found = found + rcall("ZCOUNT", base .. "mr:lane:" .. lane, priority * run, (priority + 1) * run - 1)
  end)
  return found
end
