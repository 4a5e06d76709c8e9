-- lane_states: which lanes are ready and which are held, and the virtual times of bands and classes. Part of
-- `lanes`, and included by it.
--
-- Needs `base`, `rcall`, `numbers`, and what is local to lib/lanes before it.
-- TOUCHES  mr:ready: (zset), mr:classes (set), mr:idle: (zset), mr:bands (hash), mr:parked (zset),
--          mr:held: (set), mr:sorting (hash), mr:unsorted (zset), mr:seq:plain (string)

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
  local now, lead = load_bands()[F.band_virtual_time .. band], lead_of(class)
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
  load_bands()[F.class_lead .. class] = nil
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
