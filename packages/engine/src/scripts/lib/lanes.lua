-- lanes: where jobs wait, and which of them is next.
--
-- A lane holds the waiting jobs of one API key in one band and pool; its id is "key|band|pool", and
-- "band|pool" is its class. Bands: 1 interactive, 2 standard, 3 batch. Jobs whose id names no API key
-- (plain BullMQ jobs) share the lane "-|0|", which keeps BullMQ's order over all priorities.
--
-- Invariants: a lane with jobs has its key in the ready set of its class, at the virtual time from
-- which it may be served next; a lane without jobs is in none; mr:classes names the classes whose
-- ready set is not empty; mr:depth counts the jobs in lanes by key, in all ("*") and those without a
-- priority ("0": BullMQ's `wait`). What changes is gathered, so that a batch costs few commands, and
-- written by lanes.flush, which a script calls last.
--
-- Fairness between lanes is start-time fair queueing: a band's virtual time is the start tag of what
-- it served last; serving a lane moves it on by 1. A lane that comes back from empty starts at the
-- band's virtual time, or where it left off if that is later: else a key that submits its next job
-- whenever one is leased would always be first.
--
-- Numbers are passed to commands as they are, which keeps 17 digits; `..` would keep 14. Turning one
-- into text costs as much as a small command, so what came as text is passed on as text.
--
-- Needs `base` and `rcall`.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset), mr:classes (set), mr:idle: (zset), mr:bands (hash),
--          mr:depth (hash), mr:seq (string), mr:seq:plain (string), wait (list), prioritized (zset)
local lanes = { counts = {}, without = 0, reserved = 0, puts = {}, put_order = {} }

local PLAIN_LANE = "-|0|"
local BANDS = { "0", "1", "2", "3" }
-- How much of the workers a band gets while all have work. Plain jobs count as standard.
local BAND_WEIGHT = { ["0"] = 4, ["1"] = 16, ["2"] = 4, ["3"] = 1 }
-- Scores are exact up to 2^53. Millrace's priorities end at 100, so 45 bits count arrivals;
-- BullMQ's end at 2^21, which leaves 32, counted anew whenever the plain lane runs empty.
local RUN, RUN_PLAIN = 35184372088832, 4294967296

local function run_of(lane)
  return lane == PLAIN_LANE and RUN_PLAIN or RUN
end

-- The key id in a Millrace job id ("queue~key~ulid"), or nil.
function lanes.key_of(job_id)
  return string.match(job_id, "^[a-z][a-z0-9-]*~([a-z0-9]+)~%w+$")
end

-- The lane of a job that is about to wait.
function lanes.id(job_id, priority, pool)
  local key = lanes.key_of(job_id)
  if not key then return PLAIN_LANE end
  local band = priority <= 10 and "1" or priority <= 50 and "2" or "3"
  return key .. "|" .. band .. "|" .. (pool or "")
end

-- The lane that a stored job belongs to, and its priority; of a plain job, which needs no read, the
-- lane only.
function lanes.find(job_id)
  if not lanes.key_of(job_id) then return PLAIN_LANE end
  -- Only a job that needs a pool has its lane written down.
  local fields = rcall("HMGET", base .. job_id, "lane", "priority")
  local priority = tonumber(fields[2]) or 0
  return fields[1] or lanes.id(job_id, priority, ""), priority
end

local function split(lane)
  return string.match(lane, "^([^|]*)|(.*)$")
end

local function tally(key, by)
  lanes.counts[key] = (lanes.counts[key] or 0) + by
end

local function load_bands()
  if lanes.bands then return lanes.bands end
  local state = {}
  local fields = rcall("HGETALL", base .. "mr:bands")
  for i = 1, #fields, 2 do state[fields[i]] = tonumber(fields[i + 1]) end
  for _, band in ipairs(BANDS) do
    state["v" .. band] = state["v" .. band] or 0
    state["p" .. band] = state["p" .. band] or 0
  end
  state.p = state.p or 0
  lanes.bands = state
  return state
end

local function enter(lane, key, class)
  local band = string.sub(class, 1, 1)
  local left_at = tonumber(rcall("ZSCORE", base .. "mr:idle:" .. band, lane) or 0)
  rcall("ZADD", base .. "mr:ready:" .. class, math.max(load_bands()["v" .. band], left_at), key)
  rcall("SADD", base .. "mr:classes", class)
end

local function leave(lane, key, class, virtual)
  local ready = base .. "mr:ready:" .. class
  virtual = virtual or tonumber(rcall("ZSCORE", ready, key) or 0)
  rcall("ZREM", ready, key)
  rcall("ZADD", base .. "mr:idle:" .. string.sub(class, 1, 1), virtual, lane)
  if rcall("EXISTS", ready) == 0 then rcall("SREM", base .. "mr:classes", class) end
  if lane == PLAIN_LANE then rcall("DEL", base .. "mr:seq:plain") end
end

-- How many of a lane's jobs have no priority. They are its first, and only these bands have any.
local function without_priority(lane_key, band, run)
  if band ~= "0" and band ~= "1" then return 0 end
  return rcall("ZCOUNT", lane_key, "-inf", run - 1)
end

-- Puts a job into a lane: after all of its priority that are there, or before them.
function lanes.put(lane, job_id, priority, at_head)
  local puts = lanes.puts[lane]
  if not puts then
    puts = {}
    lanes.puts[lane] = puts
    lanes.put_order[#lanes.put_order + 1] = lane
  end
  local n = #puts
  puts[n + 1], puts[n + 2], puts[n + 3] = job_id, priority, at_head or false
end

local function write_lane(lane, puts, run, seq)
  local plain = lane == PLAIN_LANE
  local lane_key = base .. "mr:lane:" .. lane
  local key, class = split(lane)
  local added, args, n, without = 0, {}, 0, nil
  for i = 1, #puts, 3 do
    seq = seq + 1
    local priority = plain and puts[i + 1] or math.min(puts[i + 1], 127)
    if priority == 0 and not without then without = without_priority(lane_key, "0", run) end
    args[n + 1] = priority * run + run / 2 + (puts[i + 2] and -seq or seq)
    args[n + 2] = puts[i]
    n = n + 2
    if n == 4000 or i + 3 > #puts then
      added = added + rcall("ZADD", lane_key, unpack(args, 1, n))
      n = 0
    end
  end
  tally(key, added)
  if without then lanes.without = lanes.without + without_priority(lane_key, "0", run) - without end
  if added > 0 and rcall("ZCARD", lane_key) == added then enter(lane, key, class) end
  return seq
end

-- Writes what was put so far.
local function write_puts()
  local order, puts = lanes.put_order, lanes.puts
  if #order == 0 then return end
  lanes.puts, lanes.put_order = {}, {}
  local jobs = 0
  for _, lane in ipairs(order) do
    if lane ~= PLAIN_LANE then jobs = jobs + #puts[lane] / 3 end
  end
  local seq = jobs > 0 and rcall("INCRBY", base .. "mr:seq", jobs) - jobs
  for _, lane in ipairs(order) do
    if lane == PLAIN_LANE then
      local plain_jobs = #puts[lane] / 3
      local first = rcall("INCRBY", base .. "mr:seq:plain", plain_jobs) - plain_jobs
      write_lane(lane, puts[lane], RUN_PLAIN, first)
    else
      seq = write_lane(lane, puts[lane], RUN, seq)
    end
  end
end

-- Counts `jobs` of a key as if they were put, and returns how many there were before: what is put after
-- all, lanes.flush corrects.
function lanes.reserve(key, jobs)
  tally(key, -jobs)
  lanes.reserved = lanes.reserved + jobs
  return rcall("HINCRBY", base .. "mr:depth", key, jobs) - jobs
end

-- Takes a job out of its lane. False: it was not in it.
function lanes.remove(lane, job_id)
  write_puts()
  local lane_key = base .. "mr:lane:" .. lane
  local score = rcall("ZSCORE", lane_key, job_id)
  if not score then return false end
  rcall("ZREM", lane_key, job_id)
  if tonumber(score) < run_of(lane) then lanes.without = lanes.without - 1 end
  local key, class = split(lane)
  tally(key, -1)
  if rcall("EXISTS", lane_key) == 0 then leave(lane, key, class) end
  return true
end

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

local function write_counts()
  -- What was reserved is counted for its key, and not yet in all.
  local all, keys, by = lanes.reserved, {}, {}
  for key, change in pairs(lanes.counts) do
    all = all + change
    if change ~= 0 then
      keys[#keys + 1] = key
      by[#by + 1] = change
    end
  end
  keys[#keys + 1], by[#by + 1] = "*", all
  keys[#keys + 1], by[#by + 1] = "0", lanes.without
  lanes.counts, lanes.reserved, lanes.without = {}, 0, 0
  if #keys == 2 and all == 0 and by[2] == 0 then return end
  -- All are read and written at once. A field that is not there counts nothing.
  local before = rcall("HMGET", base .. "mr:depth", unpack(keys))
  local changed, gone = {}, {}
  for i, key in ipairs(keys) do
    local after = (tonumber(before[i]) or 0) + by[i]
    if after > 0 then
      if by[i] ~= 0 then
        changed[#changed + 1] = key
        changed[#changed + 1] = after
      end
    elseif before[i] then
      gone[#gone + 1] = key
    end
  end
  if #changed > 0 then rcall("HSET", base .. "mr:depth", unpack(changed)) end
  if #gone > 0 then rcall("HDEL", base .. "mr:depth", unpack(gone)) end
end

-- Writes what was gathered. Every script that moved jobs calls it once it is done.
function lanes.flush()
  write_puts()
  write_counts()
  if not lanes.bands_changed then return end
  lanes.bands_changed = false
  local fields = {}
  for field, value in pairs(lanes.bands) do
    if value > 0 then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
      if string.sub(field, 1, 1) == "v" then
        -- Where a lane left off matters no longer once the band has passed it.
        rcall("ZREMRANGEBYSCORE", base .. "mr:idle:" .. string.sub(field, 2), "-inf", value)
      end
    end
  end
  if #fields > 0 then rcall("HSET", base .. "mr:bands", unpack(fields)) end
end
