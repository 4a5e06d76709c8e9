-- close_account: remove the state of a provider account that is no more.
-- KEYS     base
-- ARGV     version
-- RETURNS  "CLOSED" | "OLD": it was made again since
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is the account's (see exchange_account). version is the registry's, of the removal.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
local hash = base .. "mr:account"
if (numbers.whole(redis.call("HGET", hash, F.account_version)) or -1) > version then return "OLD" end
redis.call("DEL", hash)
return "CLOSED"
