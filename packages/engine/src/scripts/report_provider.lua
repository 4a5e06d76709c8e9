-- report_provider: a provider refused a call for load or quota: every shard stops using the account.
-- KEYS     base
-- ARGV     now_ms, cool_ms, exhausted
-- RETURNS  {state, cool_until_ms | ""} | {"GONE"}: there is no such account
-- REPEAT   safe: reports of one episode count once
-- TOUCHES  mr:account (hash)
--
-- base is the account's (see exchange_account). cool_ms is how long the provider asked for, "" if it did
-- not say: then 1 s, twice as long after each episode without a success, at most a minute. exhausted is 1
-- where money or quota is used up. The jobs that may run at once are halved once an episode (additive
-- increase, multiplicative decrease: D. Chiu, R. Jain, 1989); each success adds its share of one.
local base = KEYS[1]
local rcall = redis.call
--- @include "lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local cool_ms = numbers.whole(ARGV[2])
local exhausted = ARGV[3] == "1"

local LONGEST_MS, FIRST_MS, LEAST_MS, MOST_ASKED_MS = 60000, 1000, 100, 3600000

local hash = base .. "mr:account"
local f = rcall("HMGET", hash, "st", "cu", "ep", "lim", "R", "gen")
if not f[6] then return { "GONE" } end
local state, cool_until, episodes, learned, running =
  f[1] or "", numbers.whole(f[2]) or 0, (numbers.whole(f[3]) or 0), numbers.finite(f[4]), (numbers.whole(f[5]) or 0)
if exhausted or state == "exhausted" then
  rcall("HSET", hash, "st", "exhausted", "cu", "", "pb", "")
  return { "exhausted", "" }
end
if not cool_ms then cool_ms = math.min(FIRST_MS * 2 ^ math.min(episodes, 10), LONGEST_MS) end
cool_ms = math.max(LEAST_MS, math.min(cool_ms, MOST_ASKED_MS))
if state ~= "cool" then
  learned = math.max(1, math.floor((learned and math.min(learned, running) or running) / 2))
  episodes = episodes + 1
  cool_until = now_ms + cool_ms
else
  cool_until = math.max(cool_until, now_ms + cool_ms)
end
rcall("HSET", hash, "st", "cool", "cu", cool_until, "pb", "", "ep", episodes, "lim", learned or "")
return { "cool", string.format("%.0f", cool_until) }
