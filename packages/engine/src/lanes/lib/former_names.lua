-- former_names: brings a shard up to date in which an earlier version stored budgets and held lanes under other names:
-- mr:limits is mr:budgets now, mr:parked is mr:held, and mr:held:<key> is mr:held-classes:<key>. A scheduler of that
-- version that still runs may store them again, so each call for all keys looks for them. Part of `lanes`.
--
-- Needs `base`, `rcall`, `signals`, and what is local to lib/lanes and lib/lane_states.
-- TOUCHES  mr:budgets (hash), mr:limits (hash), mr:parked (zset), mr:held (zset), mr:held: (set),
--          mr:lane: (zset), mr:ready: (zset)
local former_names = {}

-- Releases a lane, unless it was made ready or held since. A job may have ended meanwhile that it waited for, so it is
-- checked again.
local function release_former(lane)
  local key, class = split(lane)
  rcall("DEL", base .. "mr:held:" .. key)
  if rcall("EXISTS", base .. "mr:lane:" .. lane) == 0 then return end
  if rcall("ZSCORE", base .. "mr:ready:" .. class, key) or rcall("ZSCORE", base .. "mr:held", lane) then return end
  enter(key, class)
  if is_sorting() then look_through(lane) end
end

function former_names.replace()
  if rcall("EXISTS", base .. "mr:limits") == 1 then
    if rcall("RENAMENX", base .. "mr:limits", base .. "mr:budgets") == 0 then rcall("DEL", base .. "mr:limits") end
  end
  local lanes_held = rcall("ZRANGE", base .. "mr:parked", 0, -1)
  if #lanes_held == 0 then return end
  for _, lane in ipairs(lanes_held) do release_former(lane) end
  rcall("DEL", base .. "mr:parked")
  signals.work()
end
