-- set_governed: which pools are provider accounts.
-- KEYS     base
-- ARGV     version; per account: pool
-- RETURNS  "SET" | "CURRENT", it has this version or a later one
-- REPEAT   safe
-- TOUCHES  mr:governed (hash)
local base = KEYS[1]
local rcall = redis.call
local version = tonumber(ARGV[1])
--- @include "lib/signals"

local governed = base .. "mr:governed"
if tonumber(rcall("HGET", governed, "*") or "-1") >= version then return "CURRENT" end
rcall("DEL", governed)
for at = 1, #ARGV - 1 do
  local pool = ARGV[at + 1]
  rcall("HSET", governed, pool, 1)
end
rcall("HSET", governed, "*", ARGV[1])
-- What an account held may run now.
signals.work()
signals.publish()
return "SET"
