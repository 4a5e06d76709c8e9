-- lanes: where jobs wait, and the order in which they are served.
--
-- A lane holds the waiting jobs of one API key in one band and pool, for one family of types. Its id is
-- "key|band|pool|family", and "band|pool|family" is its class. A family is a set of types that the same workers
-- serve (lib/type_families). Jobs of types that no worker has named share the lane "key|band|pool", so callers
-- who make up types cannot add classes. Suspects (jobs whose next stall would end them) have lanes
-- "key|band|pool|type|!", which only workers that run nothing else serve. The bands are 1 interactive, 2 standard
-- and 3 batch. Jobs whose id names no API key (plain BullMQ jobs) share the lane "-|0|", which keeps BullMQ's
-- order over all priorities.
--
-- Invariants: a lane with jobs is either ready or held; a lane without jobs is neither. The key of a ready lane
-- is in the ready set of its class, scored by the virtual time from which the lane may be served. A held lane is
-- in mr:held, scored by the time (ms) at which it is checked again, or by +inf if it waits until a running job
-- of its key ends; its class is in mr:held-classes:<key>. mr:classes has the classes whose ready set is not empty.
-- mr:depth counts the jobs in all lanes ("*") and those without a priority ("0": BullMQ's `wait`). Changes are
-- gathered, so that a batch needs few commands; lanes.flush writes them, and a script calls it last.
--
-- lib/lane_turns chooses the next lane. A lane that was empty starts at its band's virtual time, or where its key
-- left off in the band if that is later. Otherwise a key that submits its next job after each lease would always
-- be first, and a key with many types would have a turn for each type. A lane that was held starts there too: a
-- key gets no credit for the turns that it could not use.
--
-- Scripts pass numbers to commands as numbers, which keeps 17 digits; `..` would keep 14. Converting a number to
-- text costs as much as a small command, so scripts pass on as text what they read as text.
--
-- Needs `base` and `rcall`.
-- TOUCHES  mr:lane: (zset), mr:idle: (zset), mr:bands (hash), mr:held (zset), mr:sorting (hash),
--          mr:depth (hash)
--- @include "redis/lib/numbers"
local lanes = { count = 0, without = 0, puts = {}, put_order = {}, put_jobs = 0, put_plain = 0, closed = {} }

local PLAIN_LANE, PLAIN_CLASS = "-|0|", "0|"
local BANDS = { "0", "1", "2", "3" }
-- Scores are exact up to 2^53. Millrace's priorities end at 100, which leaves 45 bits to count arrivals.
-- BullMQ's priorities end at 2^21, which leaves 32 bits; that count restarts whenever the plain lane is empty.
local RUN, RUN_PLAIN = 35184372088832, 4294967296

-- How many lanes one command writes at most: unpack accepts about 8,000 values.
local WRITE_AT_ONCE = 2000

-- BullMQ's largest priority.
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

-- The lane for all types that a job belongs to. lanes.for_type turns it into the lane in which the job waits.
function lanes.id(job_id, priority, pool)
  local key = lanes.key_of(job_id)
  if not key then return PLAIN_LANE end
  local band = priority <= 10 and "1" or priority <= 50 and "2" or "3"
  return key .. "|" .. band .. "|" .. (pool or "")
end

--- @include "lanes/lib/type_families"

-- Jobs that name a model share a lane of their key, band and family, "key|band|=", so that a lease reads one class and
-- not one for each model. A job's stored lane has the model: "key|band|=MODEL". A job of a model that no worker can run
-- now is put aside into the lane of its model (lib/lane_aside).
local function shared_lane(lane)
  return string.find(lane, "|=", 1, true) and string.match(lane, "^([^|]*|%d|=)") or lane
end

-- The lane for jobs of a type, given the key's lane for all types.
function lanes.for_type(lane, type)
  lane = shared_lane(lane)
  local family = lane ~= PLAIN_LANE and type and family_of(type)
  return family and lane .. "|" .. family or lane
end

-- The lane for a job, given the key's lane for all types. A suspect's type always has a name: a worker ran it.
function lanes.for_job(lane, type, suspect)
  return suspect and lane .. "|" .. (type or "") .. "|!" or lanes.for_type(lane, type)
end

local function read_lane(job_id)
  -- Only a job that needs a pool has its lane stored, and the stored lane is the one for all types.
  local fields = rcall("HMGET", base .. job_id, F.lane, F.priority, F.type, F.suspect)
  local priority = math.max(0, math.min(numbers.whole(fields[2]) or 0, MOST_PRIORITY))
  -- Text that does not look like a lane is ignored.
  local lane = fields[1] and string.match(fields[1], "^[a-z0-9]+|[123]|[^|]*$")
  return lane or lanes.id(job_id, priority, ""), priority, fields[3], fields[4]
end

-- The lane that a stored job belongs to, and its priority. A plain job needs no read; for it only the lane is
-- returned.
function lanes.find(job_id)
  if not lanes.key_of(job_id) then return PLAIN_LANE end
  local lane, priority, type, suspect = read_lane(job_id)
  return lanes.for_job(lane, type, suspect), priority
end

local function split(lane)
  local bar = string.find(lane, "|", 1, true)
  return string.sub(lane, 1, bar - 1), string.sub(lane, bar + 1)
end

-- The band, pool and family of a class; for suspects the band, pool, type and true. No family: types that no worker named.
local function parts_of(class)
  local band, pool, family, mark = string.match(class, "^(%d)|([^|]*)|?([^|]*)(.*)$")
  return band, pool, family ~= "" and family or nil, mark == "|!"
end

--- @include "lanes/lib/lane_states"
--- @include "lanes/lib/lane_corrections"
--- @include "lanes/lib/lane_puts"

-- The lane in which a stored job waits, and its priority; nil if it waits in none. Until lanes are sorted, a job
-- may still wait in the lane that its type belonged to before.
function lanes.where(job_id)
  write_puts()
  local function holds(lane)
    return rcall("ZSCORE", base .. "mr:lane:" .. lane, job_id) and true or false
  end
  if not lanes.key_of(job_id) then return holds(PLAIN_LANE) and PLAIN_LANE or nil end
  local lane, priority, type, suspect = read_lane(job_id)
  local belongs = lanes.for_job(lane, type, suspect)
  if holds(belongs) then return belongs, priority end
  local ended = is_sorting() and rcall("HGET", base .. "mr:sorting", F.sorting_ended) or ""
  local function search(of_all)
    if holds(of_all) then return of_all end
    for family in string.gmatch(ended, "[^\n]+") do
      if holds(of_all .. "|" .. family) then return of_all .. "|" .. family end
    end
  end
  local shared, family = shared_lane(lane), type and family_of(type)
  local found = search(shared)
  if not found and shared ~= lane then
    found = family and holds(lane .. "|" .. family) and lane .. "|" .. family or search(lane)
  end
  if found then return found, priority end
end

-- Removes a job from its lane. Returns false if the job was not in it.
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
  elseif any_held() and rcall("ZSCORE", base .. "mr:held", lane) then
    -- The job may have been the one that blocked the head of the lane.
    release(lane, key, class)
  end
  return true
end

-- Changes a count. A count of 0 has no field.
local function write_count(field, by)
  if by ~= 0 and numbers.add_field(base .. "mr:depth", field, by) <= 0 then rcall("HDEL", base .. "mr:depth", field) end
end

-- Writes the gathered changes. Every script that moves jobs calls it at the end.
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
        -- The place where a lane left off no longer matters once the band has passed it.
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
