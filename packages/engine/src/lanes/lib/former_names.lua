-- former_names: brings a shard up to date in which an earlier version stored budgets and held lanes under other names:
-- mr:limits is mr:budgets now, mr:parked is mr:held, and mr:held:<key> is mr:held-classes:<key>. Part of `lanes`.
--
-- A shard without mr:budgets has no version of the registry, so it is sent all budgets.
--
-- Schedulers of that version may still run for a while. They read mr:limits, so it stays until none of them has written
-- it for KEEP_MS. When they settle a job, they do not release the lane in mr:held that waits for it. So as long as
-- mr:limits exists, each call releases all held lanes.
--
-- Needs `base`, `rcall`, `signals`, and what is local to lib/lanes and lib/lane_states.
-- TOUCHES  mr:limits (hash), mr:parked (zset), mr:held (zset), mr:held: (set), mr:lane: (zset),
--          mr:ready: (zset)
local former_names = {}

-- Longer than a scheduler takes to drain.
local KEEP_MS = 600000

-- Makes a held lane ready, unless it is ready or has no jobs any more.
local function check_again(lane, key, class)
  unhold(lane, key, class)
  if rcall("EXISTS", base .. "mr:lane:" .. lane) == 0 or rcall("ZSCORE", base .. "mr:ready:" .. class, key) then return end
  enter(key, class)
  if is_sorting() then look_through(lane) end
end

function former_names.replace()
  if rcall("EXISTS", base .. "mr:limits", base .. "mr:parked") == 0 then return end
  if rcall("PTTL", base .. "mr:limits") == -1 then rcall("PEXPIRE", base .. "mr:limits", KEEP_MS) end
  for _, lane in ipairs(rcall("ZRANGE", base .. "mr:parked", 0, -1)) do
    local key, class = split(lane)
    rcall("DEL", base .. "mr:held:" .. key)
    check_again(lane, key, class)
  end
  rcall("DEL", base .. "mr:parked")
  for _, lane in ipairs(rcall("ZRANGE", base .. "mr:held", 0, -1)) do check_again(lane, split(lane)) end
  signals.work()
end
