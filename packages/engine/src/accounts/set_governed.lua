-- set_governed: set which pools are provider accounts, and remove the slices of accounts that were removed or created again.
-- KEYS     base
-- ARGV     version; per account: pool, generation
-- RETURNS  "SET" | "CURRENT", the shard has this version or a later one
-- REPEAT   safe
-- TOUCHES  mr:governed (hash), mr:slice: (hash)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
--- @include "signals/lib/signals"

local governed = base .. "mr:governed"
if (numbers.whole(rcall("HGET", governed, F.governed_version)) or -1) >= version then return "CURRENT" end
local generations = {}
for at = 1, #ARGV - 1, 2 do
  local pool = ARGV[at + 1]
  local generation = ARGV[at + 2]
  generations[pool] = generation
end
local before = rcall("HGETALL", governed)
rcall("DEL", governed)
for at = 1, #before, 2 do
  if before[at] ~= "*" and generations[before[at]] ~= before[at + 1] then rcall("DEL", base .. "mr:slice:" .. before[at]) end
end
for pool, generation in pairs(generations) do rcall("HSET", governed, pool, generation) end
rcall("HSET", governed, F.governed_version, ARGV[1])
-- Jobs that the account held may be able to run now.
signals.work()
signals.publish()
return "SET"
