-- lanes: where jobs wait, and which of them is next.
--
-- A lane holds the waiting jobs of one API key in one band and pool; its id is "key|band|pool", and
-- "band|pool" is its class. Bands: 1 interactive, 2 standard, 3 batch. Jobs whose id names no API key
-- (plain BullMQ jobs) share the lane "-|0|", which keeps BullMQ's order over all priorities.
--
-- Invariants: a lane with jobs has its key in the ready set of its class, at the virtual time from
-- which it may be served next; a lane without jobs is in none; mr:classes names the classes whose
-- ready set is not empty; mr:depth counts the jobs in lanes (written by lanes.flush, which a script
-- calls last).
--
-- Fairness between lanes is start-time fair queueing: a band's virtual time is the start tag of what
-- it served last; serving a lane moves it on by 1. A lane that comes back from empty starts at the
-- band's virtual time, or where it left off if that is later: else a key that submits its next job
-- whenever one is leased would always be first.
--
-- Needs `base` and `rcall`.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset), mr:classes (set), mr:idle: (zset), mr:bands (hash),
--          mr:depth (hash), mr:seq (string), mr:seq:plain (string), wait (list), prioritized (zset)
local lanes = { pending = {} }

local PLAIN_LANE = "-|0|"
-- How much of the workers a band gets while all have work. Plain jobs count as standard.
local BAND_WEIGHT = { ["0"] = 4, ["1"] = 16, ["2"] = 4, ["3"] = 1 }
-- Scores are exact up to 2^53. Millrace's priorities end at 100, so 45 bits count arrivals;
-- BullMQ's end at 2^21, which leaves 32, counted anew whenever the plain lane runs empty.
local RUN, RUN_PLAIN = 35184372088832, 4294967296

local function number_text(value)
  if value == math.floor(value) then return string.format("%.0f", value) end
  return string.format("%.17g", value)
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

-- The lane that a stored job belongs to, and its priority. Plain jobs need no read.
function lanes.find(job_id)
  local key = lanes.key_of(job_id)
  if not key then return PLAIN_LANE end
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, "lane", "priority")
  local priority = tonumber(fields[2]) or 0
  local lane = fields[1]
  if not lane then
    -- Added by BullMQ itself under an id of Millrace's form.
    lane = lanes.id(job_id, priority, "")
    if fields[2] then rcall("HSET", job_key, "lane", lane) end
  end
  return lane, priority
end

local function split(lane)
  return string.match(lane, "^([^|]*)|(.*)$")
end

local function count(key, by)
  lanes.pending[key] = (lanes.pending[key] or 0) + by
  lanes.pending["*"] = (lanes.pending["*"] or 0) + by
end

local function virtual_time(band)
  if not lanes.bands then
    lanes.bands = {}
    local fields = rcall("HGETALL", base .. "mr:bands")
    for i = 1, #fields, 2 do lanes.bands[fields[i]] = tonumber(fields[i + 1]) end
  end
  return lanes.bands["v" .. band] or 0
end

local function enter(lane, key, class)
  local band = string.sub(class, 1, 1)
  local left_at = tonumber(rcall("ZSCORE", base .. "mr:idle:" .. band, lane) or 0)
  local start = math.max(virtual_time(band), left_at)
  rcall("ZADD", base .. "mr:ready:" .. class, number_text(start), key)
  rcall("SADD", base .. "mr:classes", class)
end

local function leave(lane, key, class, virtual)
  local ready = base .. "mr:ready:" .. class
  virtual = virtual or tonumber(rcall("ZSCORE", ready, key) or 0)
  rcall("ZREM", ready, key)
  rcall("ZADD", base .. "mr:idle:" .. string.sub(class, 1, 1), number_text(virtual), lane)
  if rcall("EXISTS", ready) == 0 then rcall("SREM", base .. "mr:classes", class) end
  if lane == PLAIN_LANE then rcall("DEL", base .. "mr:seq:plain") end
end

-- Puts a job into a lane: after all of its priority that are there, or before them.
function lanes.put(lane, job_id, priority, at_head)
  local key, class = split(lane)
  local run, seq
  if lane == PLAIN_LANE then
    run, seq = RUN_PLAIN, rcall("INCR", base .. "mr:seq:plain")
  else
    run, seq = RUN, rcall("INCR", base .. "mr:seq")
    priority = math.min(priority, 127)
  end
  local score = priority * run + run / 2 + (at_head and -seq or seq)
  local lane_key = base .. "mr:lane:" .. lane
  if rcall("ZADD", lane_key, string.format("%.0f", score), job_id) == 1 then
    count(key, 1)
    if rcall("ZCARD", lane_key) == 1 then enter(lane, key, class) end
  end
end

-- Takes a job out of its lane. False: it was not in it.
function lanes.remove(lane, job_id)
  local lane_key = base .. "mr:lane:" .. lane
  if rcall("ZREM", lane_key, job_id) == 0 then return false end
  local key, class = split(lane)
  count(key, -1)
  if rcall("EXISTS", lane_key) == 0 then leave(lane, key, class) end
  return true
end

-- Moves up to `limit` jobs of the inbox, where BullMQ's own scripts put jobs that shall run, to the
-- tails of their lanes. Returns how many it moved.
function lanes.inbox(limit)
  local moved = 0
  for _, job_id in ipairs(rcall("RPOP", base .. "wait", limit) or {}) do
    -- "0:…" are markers that old BullMQ versions kept among the jobs.
    if string.sub(job_id, 1, 2) ~= "0:" then
      local lane, priority = lanes.find(job_id)
      lanes.put(lane, job_id, priority or 0, false)
      moved = moved + 1
    end
  end
  if rcall("EXISTS", base .. "prioritized") == 0 then return moved end
  local prioritized = rcall("ZPOPMIN", base .. "prioritized", limit)
  for i = 1, #prioritized, 2 do
    local job_id = prioritized[i]
    local lane, priority = lanes.find(job_id)
    lanes.put(lane, job_id, priority or math.floor(tonumber(prioritized[i + 1]) / 4294967296), false)
    moved = moved + 1
  end
  return moved
end

local function load_head(class)
  local two = rcall("ZRANGE", base .. "mr:ready:" .. class, 0, 1, "WITHSCORES")
  if #two == 0 then return nil end
  return { key = two[1], at = tonumber(two[2]), after = tonumber(two[4]) }
end

-- Takes jobs in fair order until `want` were accepted, no lane that is served has a job, or `want`
-- + 1,000 were looked at. serves(band, pool) says which classes count. accept(job_id, lane) returns
-- false for a job that shall not be leased; it is out of its lane then, and costs the lane nothing.
function lanes.take(want, serves, accept)
  local heads, of_band, bands = {}, {}, 0
  for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
    local band = string.sub(class, 1, 1)
    if serves(band, string.sub(class, 3)) then
      local head = load_head(class)
      if head then
        heads[class] = head
        if not of_band[band] then
          of_band[band] = {}
          bands = bands + 1
        end
        of_band[band][class] = true
      end
    end
  end
  if bands == 0 then return 0 end
  virtual_time("0")
  local state, changed = lanes.bands, {}
  local function set(field, value)
    state[field] = value
    changed[field] = true
  end

  local taken, looked_at = 0, 0
  while taken < want and looked_at < want + 1000 and bands > 0 do
    -- The band that has had least for its weight. One that comes back starts at the present.
    local band, pass
    for _, candidate in ipairs({ "0", "1", "2", "3" }) do
      if of_band[candidate] then
        local at = math.max(state["p" .. candidate] or 0, state["p"] or 0)
        if not pass or at < pass then band, pass = candidate, at end
      end
    end
    -- Its lane that is furthest back.
    local class, head, classes = nil, nil, 0
    for candidate in pairs(of_band[band]) do
      local h = heads[candidate]
      classes = classes + 1
      if not head or h.at < head.at or (h.at == head.at and candidate < class) then
        class, head = candidate, h
      end
    end
    local key = head.key
    local lane = key .. "|" .. class
    local lane_key = base .. "mr:lane:" .. lane
    local start = math.max(head.at, state["v" .. band] or 0)
    -- While no other lane's turn comes first, take several at once.
    local turns = 1
    if bands == 1 and classes == 1 then
      turns = want - taken
      if head.after then turns = math.min(turns, math.max(1, math.floor(head.after - start))) end
    end
    local popped = rcall("ZPOPMIN", lane_key, turns)
    local served = 0
    for i = 1, #popped, 2 do
      if accept(popped[i], lane) then served = served + 1 end
    end
    local out = #popped / 2
    looked_at = looked_at + math.max(out, 1)
    count(key, -out)
    if served > 0 then
      taken = taken + served
      set("v" .. band, start + served - 1)
      set("p", pass)
      set("p" .. band, pass + served / BAND_WEIGHT[band])
    end
    if out < turns or rcall("EXISTS", lane_key) == 0 then
      leave(lane, key, class, start + served)
    else
      rcall("ZADD", base .. "mr:ready:" .. class, number_text(start + served), key)
    end
    heads[class] = load_head(class)
    if not heads[class] then
      of_band[band][class] = nil
      if next(of_band[band]) == nil then
        of_band[band] = nil
        bands = bands - 1
      end
    end
  end

  local fields = {}
  for field in pairs(changed) do
    fields[#fields + 1] = field
    fields[#fields + 1] = number_text(state[field])
    if string.sub(field, 1, 1) == "v" then
      -- Where a lane left off matters no longer once the band has passed it.
      rcall("ZREMRANGEBYSCORE", base .. "mr:idle:" .. string.sub(field, 2), "-inf", number_text(state[field]))
    end
  end
  if #fields > 0 then rcall("HSET", base .. "mr:bands", unpack(fields)) end
  return taken
end

-- Writes the counters. Every script that moved jobs calls it last.
function lanes.flush()
  for key, by in pairs(lanes.pending) do
    if by ~= 0 and rcall("HINCRBY", base .. "mr:depth", key, by) <= 0 then
      rcall("HDEL", base .. "mr:depth", key)
    end
  end
  lanes.pending = {}
end
