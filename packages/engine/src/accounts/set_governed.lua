-- set_governed: set which pools are provider accounts, and remove the slices of accounts that were removed or created again.
-- KEYS     base
-- ARGV     version, all; per account: pool, generation
-- RETURNS  "SET" | "CURRENT", the shard has this version or a later one | "BEHIND", the shard lacks versions before this one
-- REPEAT   safe
-- TOUCHES  mr:governed (hash), mr:slice: (hash)
--
-- With all = 1, pools that are not named are no accounts. Otherwise the call is a change to the version before: it costs the same
-- whatever number of accounts there is. A generation "" means that the pool is no account.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
local all = ARGV[2] == "1"
--- @include "signals/lib/signals"

local governed = base .. "mr:governed"
local has = numbers.whole(rcall("HGET", governed, F.governed_version)) or -1
if has >= version then return "CURRENT" end
if not all and has ~= version - 1 then return "BEHIND" end

-- The generations that the pools shall have, and those that they have.
local generations, before = {}, {}
for at = 2, #ARGV - 1, 2 do
  local pool = ARGV[at + 1]
  local generation = ARGV[at + 2]
  generations[pool] = generation
  if not all then before[pool] = rcall("HGET", governed, pool) or nil end
end
if all then
  local flat = rcall("HGETALL", governed)
  for at = 1, #flat, 2 do
    if flat[at] ~= F.governed_version then before[flat[at]] = flat[at + 1] end
  end
end
for pool, generation in pairs(before) do
  if generations[pool] ~= generation then rcall("DEL", base .. "mr:slice:" .. pool) end
  if (generations[pool] or "") == "" then rcall("HDEL", governed, pool) end
end
for pool, generation in pairs(generations) do
  if generation ~= "" and generation ~= before[pool] then rcall("HSET", governed, pool, generation) end
end
rcall("HSET", governed, F.governed_version, ARGV[1])
-- Jobs that the account held may be able to run now.
signals.work()
signals.publish()
return "SET"
