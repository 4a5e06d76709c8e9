-- lane_corrections: moves lanes when attempts spent more, or less, than was estimated. Part of `lanes`, and
-- included by it.
--
-- Corrections are gathered. lanes.flush writes them with a few commands for all lanes of a class.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes before it.
-- TOUCHES  mr:ready: (zset), mr:idle: (zset)
local corrections = {}

-- Moves a lane's virtual time by the cost that an attempt had above its estimate; a negative value moves it back.
-- `finish` is the lane's virtual time when the attempt was leased.
function lanes.correct(lane, by, finish)
  local correction = corrections[lane]
  if not correction then
    corrections[lane] = { by = by, finish = finish }
    return
  end
  correction.by = correction.by + by
  correction.finish = math.max(correction.finish, finish)
end

-- Adds to the score of each member that a sorted set has. Returns the indexes of the other members.
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

-- Corrects lanes of one class. The stored place of the key in the band is corrected too. It is stored if the lane is not
-- ready, or if other classes of the band have lanes.
local function correct_all(class, group)
  local band, idle, is_idle = string.sub(class, 1, 1), { keys = {}, by = {}, finish = {} }, {}
  local missing = move_all(base .. "mr:ready:" .. class, group.keys, group.by)
  for _, i in ipairs(missing) do is_idle[i] = true end
  local alone = #missing < #group.keys and #other_classes(class) == 0
  for i, key in ipairs(group.keys) do
    if is_idle[i] or not alone then
      local n = #idle.keys + 1
      idle.keys[n], idle.by[n], idle.finish[n] = key, group.by[i], is_idle[i] and corrections[group.lanes[i]].finish
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
    local group = classes[class] or { keys = {}, lanes = {}, by = {} }
    local n = #group.keys + 1
    group.keys[n], group.lanes[n], group.by[n] = key, lane, correction.by
    if n == WRITE_AT_ONCE then
      correct_all(class, group)
      group = nil
    end
    classes[class] = group
  end
  for class, group in pairs(classes) do correct_all(class, group) end
  corrections = {}
end
