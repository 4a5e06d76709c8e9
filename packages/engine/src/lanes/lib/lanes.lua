-- lanes: where jobs wait, and which of them is next.
--
-- A lane holds the waiting jobs of one API key in one band and pool, and of one family of types; its id is
-- "key|band|pool|family", and "band|pool|family" is its class. A family is the types that the same workers
-- name (see lib/type_families). Jobs of all types that no worker has named share the lane "key|band|pool":
-- callers make up types, and cannot add classes. Suspects, jobs whose next stall would end them, have lanes
-- "key|band|pool|type|!": they are leased to workers that run nothing else. Bands: 1 interactive, 2 standard,
-- 3 batch. Jobs whose id names no API key (plain BullMQ jobs) share the lane "-|0|", which keeps BullMQ's
-- order over all priorities.
--
-- Invariants: a lane with jobs is either ready, its key in the ready set of its class at the virtual
-- time from which it may be served next, or held: in mr:parked with the time at which to look at it
-- again (ms; +inf: when a running job of its key ends), and its class in mr:held:<key>. A lane without
-- jobs is neither. mr:classes names the classes whose ready set is not empty; mr:depth counts the jobs
-- in all lanes ("*") and those without a priority ("0": BullMQ's `wait`). What changes is gathered, so
-- that a batch costs few commands, and written by lanes.flush, which a script calls last.
--
-- Whose turn is next is lib/lane_turns's. A lane that comes back from empty starts at its band's
-- virtual time, or where its key left off in the band if that is later: else a key that submits its next
-- job whenever one is leased would always be first, and one with many types would have a turn for each.
-- So does one that was held: what it may not use is no credit.
--
-- Numbers are passed to commands as they are, which keeps 17 digits; `..` would keep 14. Turning one
-- into text costs as much as a small command, so what came as text is passed on as text.
--
-- Needs `base` and `rcall`.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset), mr:classes (set), mr:idle: (zset), mr:bands (hash),
--          mr:parked (zset), mr:held: (set), mr:sorting (hash), mr:unsorted (zset),
--          mr:depth (hash), mr:seq (string), mr:seq:plain (string)
--- @include "redis/lib/numbers"
local lanes = { count = 0, without = 0, puts = {}, put_order = {}, put_jobs = 0, put_plain = 0, closed = {} }

local PLAIN_LANE, PLAIN_CLASS = "-|0|", "0|"
local BANDS = { "0", "1", "2", "3" }
-- Scores are exact up to 2^53. Millrace's priorities end at 100, so 45 bits count arrivals;
-- BullMQ's end at 2^21, which leaves 32, counted anew whenever the plain lane runs empty.
local RUN, RUN_PLAIN = 35184372088832, 4294967296

-- As many lanes are written at once: unpack's limit is about 8,000.
local WRITE_AT_ONCE = 2000

-- BullMQ's largest.
local MOST_PRIORITY = 2097151

local function run_of(lane)
  return lane == PLAIN_LANE and RUN_PLAIN or RUN
end

local function run_of_class(class)
  return class == PLAIN_CLASS and RUN_PLAIN or RUN
end

-- The key id in a Millrace job id ("queue~key~ulid"), or nil.
function lanes.key_of(job_id)
  return string.match(job_id, "^[a-z][a-z0-9-]*~([a-z0-9]+)~%w+$")
end

-- The lane of a job that is about to wait, whatever its type: with lanes.of_type it is where it waits.
function lanes.id(job_id, priority, pool)
  local key = lanes.key_of(job_id)
  if not key then return PLAIN_LANE end
  local band = priority <= 10 and "1" or priority <= 50 and "2" or "3"
  return key .. "|" .. band .. "|" .. (pool or "")
end

--- @include "lanes/lib/type_families"

-- The lane for jobs of a type, of a lane for all.
function lanes.of_type(lane, type)
  local family = lane ~= PLAIN_LANE and type and family_of(type)
  return family and lane .. "|" .. family or lane
end

-- The lane for a job of a type, of a lane for all. A suspect's type is always named: it ran somewhere.
function lanes.for_job(lane, type, suspect)
  return suspect and lane .. "|" .. (type or "") .. "|!" or lanes.of_type(lane, type)
end

local function read_lane(job_id)
  -- Only a job that needs a pool has its lane written down, and without its type.
  local fields = rcall("HMGET", base .. job_id, "lane", "priority", "name", "sus")
  local priority = math.max(0, math.min(numbers.whole(fields[2]) or 0, MOST_PRIORITY))
  -- What is no lane there says nothing.
  local lane = fields[1] and string.match(fields[1], "^[a-z0-9]+|[123]|[^|]*$")
  return lane or lanes.id(job_id, priority, ""), priority, fields[3], fields[4]
end

-- The lane that a stored job belongs to, and its priority; of a plain job, which needs no read, the
-- lane only.
function lanes.find(job_id)
  if not lanes.key_of(job_id) then return PLAIN_LANE end
  local lane, priority, type, suspect = read_lane(job_id)
  return lanes.for_job(lane, type, suspect), priority
end

local function split(lane)
  local bar = string.find(lane, "|", 1, true)
  return string.sub(lane, 1, bar - 1), string.sub(lane, bar + 1)
end

-- Band, pool and family of a class, of suspects band, pool, type and true; no family: types that no worker has named.
local function parts_of(class)
  local band, pool, family, mark = string.match(class, "^(%d)|([^|]*)|?([^|]*)(.*)$")
  return band, pool, family ~= "" and family or nil, mark == "|!"
end

-- By field: v<band> its virtual time, p<band> and p strides, w<band> weights, m<band> and o<class>, which
-- together are how far a class is ahead of the scores of its ready set.
local function load_bands()
  if lanes.bands then return lanes.bands end
  local state, stored = {}, {}
  local fields = rcall("HGETALL", base .. "mr:bands")
  for i = 1, #fields, 2 do
    state[fields[i]] = numbers.finite(fields[i + 1])
    stored[fields[i]] = state[fields[i]]
  end
  for _, band in ipairs(BANDS) do
    state["v" .. band] = state["v" .. band] or 0
    state["p" .. band] = state["p" .. band] or 0
    if (state["w" .. band] or 1) <= 0 then state["w" .. band] = nil end
  end
  lanes.stored_bands = stored
  state.p = state.p or 0
  lanes.bands = state
  return state
end

local function lead_of(class)
  local state = load_bands()
  return (state["m" .. string.sub(class, 1, 1)] or 0) + (state["o" .. class] or 0)
end

-- As many classes are told apart one by one; of more it is taken that each band has several.
local FEW_CLASSES = 64

-- The other open classes of a band, if there are few.
local function beside_class(class)
  local band, found = string.sub(class, 1, 1), {}
  for _, other in ipairs(rcall("SRANDMEMBER", base .. "mr:classes", FEW_CLASSES)) do
    if other ~= class and string.sub(other, 1, 1) == band then found[#found + 1] = other end
  end
  return found
end

-- Makes lanes of one class ready that were not, and have jobs.
local function enter_all(class, keys)
  local band = string.sub(class, 1, 1)
  local now, lead = load_bands()["v" .. band], lead_of(class)
  local ready = {}
  for i, left_at in ipairs(rcall("ZMSCORE", base .. "mr:idle:" .. band, unpack(keys))) do
    ready[2 * i - 1] = math.max(now, tonumber(left_at or now)) - lead
    ready[2 * i] = keys[i]
  end
  if rcall("SADD", base .. "mr:classes", class) == 1 then
    lanes.closed[class] = nil
    -- Where its key stands in the band is written down only while several classes have lanes.
    for _, other in ipairs(beside_class(class)) do
      local ahead = lead_of(other) - lead
      for i, score in ipairs(rcall("ZMSCORE", base .. "mr:ready:" .. other, unpack(keys))) do
        if score then ready[2 * i - 1] = math.max(ready[2 * i - 1], score + ahead) end
      end
    end
  end
  rcall("ZADD", base .. "mr:ready:" .. class, unpack(ready))
end

local function enter(key, class)
  enter_all(class, { key })
end

-- A class whose last ready lane may just have gone.
local function close_if_empty(class)
  if rcall("EXISTS", base .. "mr:ready:" .. class) == 1 then return end
  rcall("SREM", base .. "mr:classes", class)
  load_bands()["o" .. class] = nil
  lanes.closed[class] = true
  lanes.bands_changed = true
end

-- Takes a lane out of the ready set of its class; it left off at `virtual`, or where it stands. False:
-- it was not ready.
local function retire(key, class, virtual)
  local ready = base .. "mr:ready:" .. class
  if not virtual then
    local score = tonumber(rcall("ZSCORE", ready, key) or "")
    virtual = score and score + lead_of(class)
  end
  if not virtual or rcall("ZREM", ready, key) == 0 then return false end
  rcall("ZADD", base .. "mr:idle:" .. string.sub(class, 1, 1), virtual, key)
  close_if_empty(class)
  return true
end

-- Takes lanes of one class that were ready, and have no jobs any more, out of the ready set.
local function leave_all(class, keys)
  rcall("ZREM", base .. "mr:ready:" .. class, unpack(keys))
  close_if_empty(class)
  if class == PLAIN_CLASS then rcall("DEL", base .. "mr:seq:plain") end
end

-- Whether any lane is held: mostly none is, and nothing has to be looked up.
local function any_held()
  if lanes.any_held == nil then lanes.any_held = rcall("EXISTS", base .. "mr:parked") == 1 end
  return lanes.any_held
end

local function unhold(lane, key, class)
  rcall("SREM", base .. "mr:held:" .. key, class)
  return rcall("ZREM", base .. "mr:parked", lane) == 1
end

-- Sets a ready lane with jobs aside until `when`: ms, or "+inf".
local function hold(lane, key, class, virtual, when)
  retire(key, class, virtual)
  rcall("ZADD", base .. "mr:parked", when, lane)
  rcall("SADD", base .. "mr:held:" .. key, class)
  lanes.any_held = true
end

-- The lane for all types beside a lane whose jobs may belong to another: itself, or that of a family which is
-- no more. Nil: its jobs belong there.
local function unsorted_beside(lane)
  local of_all, family = string.match(lane, "^([a-z0-9]+|[123]|[^|]*)|?([^|]*)$")
  return of_all and (family == "" or not is_family(family)) and of_all or nil
end

-- Whether lanes are being looked through for jobs that belong to another: see lib/lane_sorting.
local function is_sorting()
  if lanes.sorting == nil then lanes.sorting = rcall("EXISTS", base .. "mr:sorting") == 1 end
  return lanes.sorting
end

-- Notes a lane to be looked through, if its jobs may belong to another and it was not yet.
local function look_through(lane)
  if unsorted_beside(lane) then rcall("ZADD", base .. "mr:unsorted", "NX", 0, lane) end
end

-- Has a held lane looked at again.
local function release(lane, key, class)
  if not unhold(lane, key, class) then return end
  enter(key, class)
  if is_sorting() then look_through(lane) end
end

local function leave(lane, key, class)
  if not retire(key, class) then unhold(lane, key, class) end
  if lane == PLAIN_LANE then rcall("DEL", base .. "mr:seq:plain") end
end

-- Has up to `limit` held lanes looked at again whose time has come. Returns when the next one's does,
-- in ms, or nil.
function lanes.unpark(now_ms, limit)
  if not any_held() then return nil end
  for _, lane in ipairs(rcall("ZRANGEBYSCORE", base .. "mr:parked", "-inf", now_ms, "LIMIT", 0, limit)) do
    release(lane, split(lane))
  end
  local next = rcall("ZRANGE", base .. "mr:parked", 0, 0, "WITHSCORES")[2]
  if next and next ~= "inf" then return tonumber(next) end
end

-- Has the held lanes of a key looked at again: all of them, or those that wait for a running job of the
-- key to end. Returns whether there were any.
function lanes.release_key(key, all)
  if not any_held() then return false end
  local released = false
  for _, class in ipairs(rcall("SMEMBERS", base .. "mr:held:" .. key)) do
    local lane = key .. "|" .. class
    if all or rcall("ZSCORE", base .. "mr:parked", lane) == "inf" then
      release(lane, key, class)
      released = true
    end
  end
  return released
end

-- Has every held lane looked at again.
function lanes.release_all()
  for _, lane in ipairs(rcall("ZRANGE", base .. "mr:parked", 0, -1)) do release(lane, split(lane)) end
end

--- @include "lanes/lib/lane_corrections"

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
  -- Jobs of several lanes are of one key, perhaps: they are numbered as they come, and not lane by lane.
  local n, order = #puts, nil
  if lane == PLAIN_LANE then
    order = lanes.put_plain + 1
    lanes.put_plain = order
  else
    order = lanes.put_jobs + 1
    lanes.put_jobs = order
  end
  puts[n + 1], puts[n + 2], puts[n + 3] = job_id, priority, at_head and -order or order
end

-- A held lane with another job at its head may be able to run it: a smaller one, say.
local function reconsider(lane, key, class, puts)
  local when = rcall("ZSCORE", base .. "mr:parked", lane)
  if not when or when == "inf" then return end
  local head = rcall("ZRANGE", base .. "mr:lane:" .. lane, 0, 0)[1]
  for i = 1, #puts, 3 do
    if puts[i] == head then return release(lane, key, class) end
  end
end

-- `seq` is the number before the first that was put; `entering` gathers the keys of lanes that were empty, by class.
local function write_lane(lane, puts, run, seq, entering)
  local plain = lane == PLAIN_LANE
  local lane_key = base .. "mr:lane:" .. lane
  local key, class = split(lane)
  local added, args, n, without = 0, {}, 0, nil
  for i = 1, #puts, 3 do
    local order = puts[i + 2]
    local priority = plain and puts[i + 1] or math.min(puts[i + 1], 127)
    if priority == 0 and not without then without = without_priority(lane_key, "0", run) end
    args[n + 1] = priority * run + run / 2 + order + (order < 0 and -seq or seq)
    args[n + 2] = puts[i]
    n = n + 2
    if n == 4000 or i + 3 > #puts then
      added = added + rcall("ZADD", lane_key, unpack(args, 1, n))
      n = 0
    end
  end
  lanes.count = lanes.count + added
  if without then lanes.without = lanes.without + without_priority(lane_key, "0", run) - without end
  if added == 0 then return end
  if rcall("ZCARD", lane_key) == added then
    local keys = entering[class] or {}
    entering[class] = keys
    keys[#keys + 1] = key
    if #keys == WRITE_AT_ONCE then
      entering[class] = nil
      enter_all(class, keys)
    end
  elseif any_held() then
    reconsider(lane, key, class, puts)
  end
end

-- Writes what was put so far.
local function write_puts()
  local order, puts = lanes.put_order, lanes.puts
  if #order == 0 then return end
  local jobs, plain_jobs, entering = lanes.put_jobs, lanes.put_plain, {}
  lanes.puts, lanes.put_order, lanes.put_jobs, lanes.put_plain = {}, {}, 0, 0
  local seq = jobs > 0 and numbers.add(base .. "mr:seq", jobs) - jobs
  for _, lane in ipairs(order) do
    if lane == PLAIN_LANE then
      local first = numbers.add(base .. "mr:seq:plain", plain_jobs) - plain_jobs
      write_lane(lane, puts[lane], RUN_PLAIN, first, entering)
    else
      write_lane(lane, puts[lane], RUN, seq, entering)
    end
  end
  for class, keys in pairs(entering) do enter_all(class, keys) end
end

-- The lane in which a stored job waits, and its priority: until lanes are sorted that may be one where its type
-- belonged before. Nil: it waits in none.
function lanes.where(job_id)
  write_puts()
  local function holds(lane)
    return rcall("ZSCORE", base .. "mr:lane:" .. lane, job_id) and true or false
  end
  if not lanes.key_of(job_id) then return holds(PLAIN_LANE) and PLAIN_LANE or nil end
  local lane, priority, type, suspect = read_lane(job_id)
  local belongs = lanes.for_job(lane, type, suspect)
  if holds(belongs) then return belongs, priority end
  if holds(lane) then return lane, priority end
  for family in string.gmatch(is_sorting() and rcall("HGET", base .. "mr:sorting", "ended") or "", "[^\n]+") do
    if holds(lane .. "|" .. family) then return lane .. "|" .. family, priority end
  end
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
  lanes.count = lanes.count - 1
  if rcall("EXISTS", lane_key) == 0 then
    leave(lane, key, class)
  elseif any_held() and rcall("ZSCORE", base .. "mr:parked", lane) then
    -- It may have been the one that the others waited behind.
    release(lane, key, class)
  end
  return true
end

-- A field that is not there counts nothing.
local function write_count(field, by)
  if by ~= 0 and numbers.add_field(base .. "mr:depth", field, by) <= 0 then rcall("HDEL", base .. "mr:depth", field) end
end

-- Writes what was gathered. Every script that moved jobs calls it once it is done.
function lanes.flush()
  write_puts()
  write_count("*", lanes.count)
  write_count("0", lanes.without)
  lanes.count, lanes.without = 0, 0
  write_corrections()
  if not lanes.bands_changed then return end
  lanes.bands_changed = false
  local fields, gone = {}, {}
  for field, value in pairs(lanes.bands) do
    if value ~= (lanes.stored_bands[field] or 0) then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
      lanes.stored_bands[field] = value
      if string.sub(field, 1, 1) == "v" then
        -- Where a lane left off matters no longer once the band has passed it.
        rcall("ZREMRANGEBYSCORE", base .. "mr:idle:" .. string.sub(field, 2), "-inf", value)
      end
    end
  end
  for field in pairs(lanes.stored_bands) do
    if not lanes.bands[field] then gone[#gone + 1] = field end
  end
  for _, field in ipairs(gone) do lanes.stored_bands[field] = nil end
  if #fields > 0 then rcall("HSET", base .. "mr:bands", unpack(fields)) end
  if #gone > 0 then rcall("HDEL", base .. "mr:bands", unpack(gone)) end
end
