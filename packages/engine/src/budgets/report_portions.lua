-- report_portions: report what a shard uses and holds of keys' budgets to the keys' homes, and reduce what it holds.
-- KEYS     base
-- ARGV     now_ms; per key: key, keep, after
-- RETURNS  {version of the shard's budgets, {per key: {version, limits, used, portion}}}
-- REPEAT   safe, but the report before it is no longer answered
-- TOUCHES  mr:budgets (hash)
--
-- keep, limits, used and portion are amounts as in lib/portions. keep is the most that the shard keeps of each limit; "-"
-- keeps what it has. after is a version: that of the report is later.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "budgets/lib/budgets"

local keys, requests = {}, {}
for at = 1, #ARGV - 1, 3 do
  local key = ARGV[at + 1]
  local keep = ARGV[at + 2]
  local after = numbers.whole(ARGV[at + 3]) or 0
  keys[#keys + 1] = key
  requests[#requests + 1] = { keep = portions.amounts(keep), after = after }
end
local of_keys, replies = key_limits.texts(keys), {}
for i, key in ipairs(keys) do
  local use, asked = budgets.use_of(key), requests[i]
  local part = portions.read(use.portion or "")
  part.version = math.max(part.version + 1, asked.after + 1, now_ms)
  local limits = of_keys[i] and key_limits.read(of_keys[i])
  if not limits or not limits.shared then limits = {} end
  for _, name in ipairs(portions.names) do
    part[name] = limits[name] and math.min(part[name] or 0, asked.keep[name] or math.huge)
  end
  portions.store(use.hash, part)
  if use.running == 0 then rcall("PEXPIRE", use.hash, budgets.KEEP_MS) end
  replies[i] = { string.format("%.0f", part.version), portions.text_of(limits),
    portions.text_of(budgets.used(use)), portions.text_of(part) }
end
-- Reading has dropped buckets that no longer count. This writes the result, so that no later read repeats the work.
budgets.flush()
return { rcall("HGET", base .. "mr:budgets", F.budgets_version) or "0", replies }
