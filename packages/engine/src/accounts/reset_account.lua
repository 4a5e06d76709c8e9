-- reset_account: end a provider account's cool-down, and forget what refusals and failures have taught.
-- KEYS     base
-- ARGV
-- RETURNS  "RESET" | "GONE"
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is that of the account (see exchange_account).
local base = KEYS[1]
local hash = base .. "mr:account"
if redis.call("HEXISTS", hash, F.account_generation) == 0 then return "GONE" end
redis.call("HSET", hash, F.account_state, "", F.account_cool_until_ms, "", F.account_probe_until_ms, "", F.account_cool_downs, 0, F.account_episode_ms, "", F.account_cool_reason, "", F.account_failures, "", F.account_learned_running, "")
return "RESET"
