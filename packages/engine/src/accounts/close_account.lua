-- close_account: remove the state of a provider account that was deleted.
-- KEYS     base
-- ARGV     version
-- RETURNS  "CLOSED" | "OLD": the account was created again since
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is that of the account (see exchange_account). version is the registry's version with the removal.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
local hash = base .. "mr:account"
if (numbers.whole(redis.call("HGET", hash, F.account_version)) or -1) > version then return "OLD" end
redis.call("DEL", hash)
return "CLOSED"
