-- set_subscribers: set which types of events API keys subscribe to.
-- KEYS     base
-- ARGV     version, all; per key: key, types
-- RETURNS  "SET" | "CURRENT", the shard has this version or a later one | "BEHIND", the shard lacks versions before this one
-- REPEAT   safe
-- TOUCHES  mr:subscribers (hash)
--
-- types are as in jobs/lib/outbox; "" means none. With all = 1, keys that are not named subscribe to nothing. Otherwise the
-- call is a change to the version before.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
local all = ARGV[2] == "1"

local has = numbers.whole(rcall("HGET", base .. "mr:subscribers", F.subscribers_version)) or 0
if has >= version then return "CURRENT" end
if not all and has ~= version - 1 then return "BEHIND" end

if all then rcall("DEL", base .. "mr:subscribers") end
for at = 2, #ARGV - 1, 2 do
  local key = ARGV[at + 1]
  local types = ARGV[at + 2]
  if types == "" then
    rcall("HDEL", base .. "mr:subscribers", key)
  else
    rcall("HSET", base .. "mr:subscribers", key, types)
  end
end
rcall("HSET", base .. "mr:subscribers", F.subscribers_version, ARGV[1])
return "SET"
