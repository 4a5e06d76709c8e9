-- lane_corrections: what lanes are moved by because attempts spent more, or less, than they were taken to.
-- Part of `lanes`, and included by it.
--
-- They are gathered, and written by lanes.flush: in a few commands for all lanes of a class.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes before it.
-- TOUCHES  mr:ready: (zset), mr:idle: (zset)
local corrections = {}

-- Moves a lane on, or back, by what an attempt of one of its jobs cost more, or less, than it was taken
-- to. `finish` is where that attempt left the lane.
function lanes.correct(lane, by, finish)
  local correction = corrections[lane]
  if not correction then
    corrections[lane] = { by = by, finish = finish }
    return
  end
  correction.by = correction.by + by
  correction.finish = math.max(correction.finish, finish)
end

-- Moves the lanes of a sorted set that are in it by so much each. Returns those that are not.
local function move_all(set, members, by)
  local moved, missing = {}, {}
  for i, score in ipairs(rcall("ZMSCORE", set, unpack(members))) do
    if score then
      moved[#moved + 1] = score + by[i]
      moved[#moved + 1] = members[i]
    else
      missing[#missing + 1] = i
    end
  end
  if #moved > 0 then rcall("ZADD", set, unpack(moved)) end
  return missing
end

-- Corrects lanes of one class. Where the key of one stands in the band is corrected too, where that is
-- written down: the lane is not ready, or other classes of the band have lanes.
local function correct_all(class, of)
  local band, idle, is_idle = string.sub(class, 1, 1), { keys = {}, by = {}, finish = {} }, {}
  local missing = move_all(base .. "mr:ready:" .. class, of.keys, of.by)
  for _, i in ipairs(missing) do is_idle[i] = true end
  local alone = #missing < #of.keys and #beside_class(class) == 0
  for i, key in ipairs(of.keys) do
    if is_idle[i] or not alone then
      local n = #idle.keys + 1
      idle.keys[n], idle.by[n], idle.finish[n] = key, of.by[i], is_idle[i] and corrections[of.lanes[i]].finish
    end
  end
  if #idle.keys == 0 then return end
  local set = base .. "mr:idle:" .. band
  for _, i in ipairs(move_all(set, idle.keys, idle.by)) do
    local finish = (idle.finish[i] or -math.huge) + idle.by[i]
    if finish > load_bands()["v" .. band] then rcall("ZADD", set, finish, idle.keys[i]) end
  end
end

local function write_corrections()
  local classes = {}
  for lane, correction in pairs(corrections) do
    local key, class = split(lane)
    local of = classes[class] or { keys = {}, lanes = {}, by = {} }
    local n = #of.keys + 1
    of.keys[n], of.lanes[n], of.by[n] = key, lane, correction.by
    if n == WRITE_AT_ONCE then
      correct_all(class, of)
      of = nil
    end
    classes[class] = of
  end
  for class, of in pairs(classes) do correct_all(class, of) end
  corrections = {}
end
