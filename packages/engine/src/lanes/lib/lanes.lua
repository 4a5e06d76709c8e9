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
-- TOUCHES  mr:lane: (zset), mr:idle: (zset), mr:bands (hash), mr:parked (zset), mr:sorting (hash),
--          mr:depth (hash)
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
  local fields = rcall("HMGET", base .. job_id, F.lane, F.priority, F.type, F.suspect)
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

--- @include "lanes/lib/lane_states"
--- @include "lanes/lib/lane_corrections"
--- @include "lanes/lib/lane_puts"

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
  for family in string.gmatch(is_sorting() and rcall("HGET", base .. "mr:sorting", F.sorting_ended) or "", "[^\n]+") do
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
      if string.sub(field, 1, 1) == F.band_virtual_time then
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
