-- lane_turns: which lanes are next, and taking jobs from them. Part of `lanes`, and included right
-- after it by scripts that lease.
--
-- Between the lanes of a band it is start-time fair queueing: a band's virtual time is the start tag of
-- what it served last, and serving a lane moves that lane on by 1. Between bands it is stride
-- scheduling by weight.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset), mr:classes (set), wait (list), prioritized (zset)

-- How much of the workers a band gets while all have work. Plain jobs count as standard.
local BAND_WEIGHT = { ["0"] = 4, ["1"] = 16, ["2"] = 4, ["3"] = 1 }

-- Moves up to `limit` jobs of each inbox, where BullMQ's own scripts put jobs that shall run, to the
-- tails of their lanes. Returns how many it moved.
function lanes.inbox(limit)
  if rcall("EXISTS", base .. "wait", base .. "prioritized") == 0 then return 0 end
  local moved = 0
  for _, job_id in ipairs(rcall("RPOP", base .. "wait", limit) or {}) do
    -- "0:…" are markers that old BullMQ versions kept among the jobs.
    if string.sub(job_id, 1, 2) ~= "0:" then
      local lane, priority = lanes.find(job_id)
      lanes.put(lane, job_id, priority or 0, false)
      moved = moved + 1
    end
  end
  local prioritized = rcall("ZPOPMIN", base .. "prioritized", limit)
  for i = 1, #prioritized, 2 do
    local job_id = prioritized[i]
    local lane, priority = lanes.find(job_id)
    lanes.put(lane, job_id, priority or math.floor(tonumber(prioritized[i + 1]) / 4294967296), false)
    moved = moved + 1
  end
  return moved
end

-- The lanes of a band that are furthest back, merged over its classes, followed by those that had a
-- turn: every turn costs the same, so those come back in the order they went.
local function line_up(classes, want)
  local line = { heads = {}, again = {}, first = 1, last = 0 }
  for _, class in ipairs(classes) do
    local ready = rcall("ZRANGE", base .. "mr:ready:" .. class, 0, want - 1, "WITHSCORES")
    local lanes_of = {}
    for i = 1, #ready, 2 do
      lanes_of[#lanes_of + 1] = { key = ready[i], class = class, at = tonumber(ready[i + 1]), turns = 0 }
    end
    if #lanes_of > 0 then line.heads[#line.heads + 1] = { lanes = lanes_of, next = 1 } end
  end
  return line
end

local function next_in(line)
  local from, lane
  for _, head in ipairs(line.heads) do
    local candidate = head.lanes[head.next]
    if candidate and (not lane or candidate.at < lane.at) then from, lane = head, candidate end
  end
  local again = line.again[line.first]
  if again and (not lane or again.at < lane.at) then
    line.first = line.first + 1
    return again
  end
  if lane then from.next = from.next + 1 end
  return lane
end

-- Decides whose the next `want` turns are: returns the lanes in order of their first turn, and the
-- stride from which each band goes on.
local function plan(by_band, want, state)
  local lines, from, pass, order, virtual = {}, {}, {}, {}, {}
  for band, classes in pairs(by_band) do
    lines[band] = line_up(classes, want)
    -- A band that comes back starts at the present.
    from[band] = math.max(state["p" .. band], state.p)
    pass[band] = from[band]
  end
  for _ = 1, want do
    -- The band that has had least for its weight, and its lane that is furthest back.
    local band, lane
    repeat
      band = nil
      for _, candidate in ipairs(BANDS) do
        if lines[candidate] and (not band or pass[candidate] < pass[band]) then band = candidate end
      end
      if not band then return order, from end
      lane = next_in(lines[band])
      if not lane then lines[band] = nil end
    until lane
    if lane.turns == 0 then
      order[#order + 1] = lane
      lane.band = band
      lane.start = math.max(lane.at, virtual[band] or state["v" .. band])
      lane.at = lane.start
    end
    virtual[band] = lane.at
    lane.turns = lane.turns + 1
    lane.at = lane.at + 1
    local line = lines[band]
    line.last = line.last + 1
    line.again[line.last] = lane
    state.p = pass[band]
    pass[band] = pass[band] + 1 / BAND_WEIGHT[band]
  end
  return order, from
end

-- Takes jobs in fair order until `want` were accepted, no lane that is served has a job, or `want`
-- + 1,000 were looked at. serves(band, pool) says which classes count. accept(job_id, lane) returns
-- false for a job that shall not be leased; it is out of its lane then, and costs the lane nothing.
function lanes.take(want, serves, accept)
  write_puts()
  local taken, looked_at = 0, 0
  while taken < want and looked_at < want + 1000 do
    local by_band = {}
    for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
      local band = string.sub(class, 1, 1)
      if serves(band, string.sub(class, 3)) then
        by_band[band] = by_band[band] or {}
        table.insert(by_band[band], class)
      end
    end
    if next(by_band) == nil then break end
    local state = load_bands()
    lanes.bands_changed = true
    local order, pass = plan(by_band, want - taken, state)
    local ready = {}
    for _, lane in ipairs(order) do
      local lane_id = lane.key .. "|" .. lane.class
      local lane_key = base .. "mr:lane:" .. lane_id
      -- One more than its turns tells whether any is left. Not ZPOPMIN, which writes out the scores.
      local popped = rcall("ZRANGE", lane_key, 0, lane.turns)
      local out, served = math.min(#popped, lane.turns), 0
      lanes.without = lanes.without - math.min(out, without_priority(lane_key, lane.band, run_of(lane_id)))
      if out > 0 then rcall("ZREMRANGEBYRANK", lane_key, 0, out - 1) end
      for i = 1, out do
        if accept(popped[i], lane_id) then served = served + 1 end
      end
      tally(lane.key, -out)
      looked_at = looked_at + math.max(out, 1)
      local band = lane.band
      local finish = lane.start + served
      if served > 0 then
        taken = taken + served
        state["v" .. band] = math.max(state["v" .. band], finish - 1)
        pass[band] = pass[band] + served / BAND_WEIGHT[band]
        state["p" .. band] = pass[band]
      end
      if #popped <= lane.turns then
        leave(lane_id, lane.key, lane.class, finish)
      else
        local args = ready[lane.class] or {}
        ready[lane.class] = args
        args[#args + 1] = finish
        args[#args + 1] = lane.key
      end
    end
    for class, args in pairs(ready) do
      for from = 1, #args, 4000 do
        rcall("ZADD", base .. "mr:ready:" .. class, unpack(args, from, math.min(from + 3999, #args)))
      end
    end
  end
  return taken
end
