-- reset_account: end a provider account's pause, and forget what its refusals and failures have taught.
-- KEYS     base
-- ARGV
-- RETURNS  "RESET" | "GONE"
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is the account's (see exchange_account).
local base = KEYS[1]
local hash = base .. "mr:account"
if redis.call("HEXISTS", hash, "gen") == 0 then return "GONE" end
redis.call("HSET", hash, "st", "", "cu", "", "pb", "", "ep", 0, "es", "", "wy", "", "fl", "", "lim", "")
return "RESET"
