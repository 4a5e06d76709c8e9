-- open_account: create a provider account's state, or update its limits from the registry.
-- KEYS     base
-- ARGV     generation, version, requests, tokens, running
-- RETURNS  "MADE", there was no state of this generation | "OPEN" | "OLD", the state has a later version
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is that of the account (see exchange_account). version is the registry's. A limit is "" if there is none.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local generation = ARGV[1]
local version = numbers.given(ARGV[2], "version")
local requests = ARGV[3]
local tokens = ARGV[4]
local running = ARGV[5]
local hash = base .. "mr:account"
local f = redis.call("HMGET", hash, F.account_generation, F.account_version)
if (numbers.whole(f[2]) or -1) > version then return "OLD" end
local made = f[1] ~= generation
-- The old state belongs to a removed account of the same name.
if made then redis.call("DEL", hash) end
redis.call("HSET", hash, F.account_generation, generation, F.account_version, ARGV[2], F.account_requests_limit, requests, F.account_tokens_limit, tokens, F.account_running_limit, running)
return made and "MADE" or "OPEN"
