-- lane_states: which lanes are ready and which are held, and the virtual times of bands and classes. Part of
-- `lanes`, and included by it.
--
-- Needs `base`, `rcall`, `numbers`, and what is local to lib/lanes before it.
-- TOUCHES  mr:ready: (zset), mr:classes (set), mr:idle: (zset), mr:bands (hash), mr:held (zset),
--          mr:held-classes: (set), mr:sorting (hash), mr:unsorted (zset), mr:seq:plain (string)

-- Reads mr:bands by field: v<band> is a band's virtual time, p<band> and p are strides, w<band> is a weight. The
-- scores in the ready set of a class are behind its virtual times by m<band> plus o<class>.
local function load_bands()
  if lanes.bands then return lanes.bands end
  local state, stored = {}, {}
  local fields = rcall("HGETALL", base .. "mr:bands")
  for i = 1, #fields, 2 do
    state[fields[i]] = numbers.finite(fields[i + 1])
    stored[fields[i]] = state[fields[i]]
  end
  for _, band in ipairs(BANDS) do
    state[F.band_virtual_time .. band] = state[F.band_virtual_time .. band] or 0
    state[F.band_stride .. band] = state[F.band_stride .. band] or 0
    if (state[F.band_weight .. band] or 1) <= 0 then state[F.band_weight .. band] = nil end
  end
  lanes.stored_bands = stored
  state[F.band_stride] = state[F.band_stride] or 0
  lanes.bands = state
  return state
end

local function lead_of(class)
  local state = load_bands()
  return (state[F.band_lead .. string.sub(class, 1, 1)] or 0) + (state[F.class_lead .. class] or 0)
end

-- Up to this many classes are compared one by one; above it, each band is assumed to have several.
local FEW_CLASSES = 64

-- The other open classes of the same band, if there are few classes.
local function other_classes(class)
  local band, found = string.sub(class, 1, 1), {}
  for _, other in ipairs(rcall("SRANDMEMBER", base .. "mr:classes", FEW_CLASSES)) do
    if other ~= class and string.sub(other, 1, 1) == band then found[#found + 1] = other end
  end
  return found
end

-- Makes lanes of one class ready that were not, and have jobs now.
local function enter_all(class, keys)
  local band = string.sub(class, 1, 1)
  local now, lead = load_bands()[F.band_virtual_time .. band], lead_of(class)
  local ready = {}
  for i, left_at in ipairs(rcall("ZMSCORE", base .. "mr:idle:" .. band, unpack(keys))) do
    ready[2 * i - 1] = math.max(now, tonumber(left_at or now)) - lead
    ready[2 * i] = keys[i]
  end
  if rcall("SADD", base .. "mr:classes", class) == 1 then
    lanes.closed[class] = nil
    -- The place of a key in the band is stored only while several classes have lanes.
    for _, other in ipairs(other_classes(class)) do
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

-- Closes a class if its last ready lane has gone.
local function close_if_empty(class)
  if rcall("EXISTS", base .. "mr:ready:" .. class) == 1 then return end
  rcall("SREM", base .. "mr:classes", class)
  load_bands()[F.class_lead .. class] = nil
  lanes.closed[class] = true
  lanes.bands_changed = true
end

-- Removes a lane from the ready set of its class. The lane left off at `virtual`, or else at its present virtual time.
-- Returns false if the lane was not ready.
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

-- Removes ready lanes of one class that have no jobs any more from the ready set.
local function leave_all(class, keys)
  rcall("ZREM", base .. "mr:ready:" .. class, unpack(keys))
  close_if_empty(class)
  if class == PLAIN_CLASS then rcall("DEL", base .. "mr:seq:plain") end
end

-- Whether any lane is held. Usually none is, and then no look-up is needed.
local function any_held()
  if lanes.any_held == nil then lanes.any_held = rcall("EXISTS", base .. "mr:held") == 1 end
  return lanes.any_held
end

local function unhold(lane, key, class)
  rcall("SREM", base .. "mr:held-classes:" .. key, class)
  return rcall("ZREM", base .. "mr:held", lane) == 1
end

-- Holds a ready lane with jobs until `when`: ms, or "+inf".
local function hold(lane, key, class, virtual, when)
  retire(key, class, virtual)
  rcall("ZADD", base .. "mr:held", when, lane)
  rcall("SADD", base .. "mr:held-classes:" .. key, class)
  lanes.any_held = true
end

-- If jobs of a lane may belong to another lane: the key's lane for all types. That is the case for the lane for all types
-- itself, and for a lane whose family has ended. Nil: all jobs belong where they are.
local function lane_for_all_if_unsorted(lane)
  local of_all, family = string.match(lane, "^([a-z0-9]+|[123]|[^|]*)|?([^|]*)$")
  return of_all and (family == "" or not is_family(family)) and of_all or nil
end

-- Whether sorting is under way: lib/lane_sorting moves jobs that belong to another lane.
local function is_sorting()
  if lanes.sorting == nil then lanes.sorting = rcall("EXISTS", base .. "mr:sorting") == 1 end
  return lanes.sorting
end

-- Notes a lane for sorting, if its jobs may belong to another lane and it is not noted yet.
local function look_through(lane)
  if lane_for_all_if_unsorted(lane) then rcall("ZADD", base .. "mr:unsorted", "NX", 0, lane) end
end

-- Makes a held lane ready, so that it is checked again.
local function release(lane, key, class)
  if not unhold(lane, key, class) then return end
  enter(key, class)
  if is_sorting() then look_through(lane) end
end

local function leave(lane, key, class)
  if not retire(key, class) then unhold(lane, key, class) end
  if lane == PLAIN_LANE then rcall("DEL", base .. "mr:seq:plain") end
end

-- Releases up to `limit` held lanes whose time has come. Returns the time of the next one in ms, or nil.
function lanes.release_due(now_ms, limit)
  if not any_held() then return nil end
  for _, lane in ipairs(rcall("ZRANGEBYSCORE", base .. "mr:held", "-inf", now_ms, "LIMIT", 0, limit)) do
    release(lane, split(lane))
  end
  local next = rcall("ZRANGE", base .. "mr:held", 0, 0, "WITHSCORES")[2]
  if next and next ~= "inf" then return tonumber(next) end
end

-- Releases the held lanes of a key: all of them, or those that wait until a running job of the key ends. Returns
-- whether there were any.
function lanes.release_key(key, all)
  if not any_held() then return false end
  local released = false
  for _, class in ipairs(rcall("SMEMBERS", base .. "mr:held-classes:" .. key)) do
    local lane = key .. "|" .. class
    if all or rcall("ZSCORE", base .. "mr:held", lane) == "inf" then
      release(lane, key, class)
      released = true
    end
  end
  return released
end

-- Releases every held lane.
function lanes.release_all()
  for _, lane in ipairs(rcall("ZRANGE", base .. "mr:held", 0, -1)) do release(lane, split(lane)) end
end
