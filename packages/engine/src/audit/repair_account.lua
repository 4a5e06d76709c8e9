-- repair_account: count again the jobs that a provider account allows its shards, and the account's windows.
-- KEYS     base
-- ARGV
-- RETURNS  {"REPAIRED"} | {"RIGHT"}
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is that of the account (see exchange_account).
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "budgets/lib/window_sums"

local hash = base .. "mr:account"
local flat, allowed, counted = rcall("HGETALL", hash), 0, 0
for i = 1, #flat, 2 do
  if string.find(flat[i], "^" .. F.account_shard_allowed) then allowed = allowed + (numbers.whole(flat[i + 1]) or 0) end
  if flat[i] == F.account_allowed then counted = numbers.whole(flat[i + 1]) or 0 end
end
local repaired = window_sums.repair(hash, "qt")
if allowed ~= counted then rcall("HSET", hash, F.account_allowed, allowed) end
return { (repaired or allowed ~= counted) and "REPAIRED" or "RIGHT" }
