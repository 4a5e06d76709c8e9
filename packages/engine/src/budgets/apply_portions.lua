-- apply_portions: apply what keys' homes have given to a shard.
-- KEYS     base
-- ARGV     now_ms; per key: key, version, amounts, wait_ms, more
-- RETURNS  how many were applied: the others answer earlier reports
-- REPEAT   safe
-- TOUCHES  mr:use: (hash)
--
-- version is that of the report. amounts are the portions as in lib/portions. more is 1 if they may suffice for a job that was
-- held. wait_ms is how long the home is not asked for more; 0: it may be asked at any time.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "budgets/lib/portions"

local answers = {}
for at = 1, #ARGV - 1, 5 do
  local key = ARGV[at + 1]
  local version = numbers.whole(ARGV[at + 2])
  local amounts = ARGV[at + 3]
  local wait_ms = numbers.whole(ARGV[at + 4]) or 0
  local more = ARGV[at + 5] == "1"
  answers[#answers + 1] = { key = key, version = version, amounts = amounts, wait_ms = wait_ms, more = more }
end
local applied = 0
for _, answer in ipairs(answers) do
  local hash = base .. "mr:use:" .. answer.key
  local before = portions.read(rcall("HGET", hash, F.use_portion) or "")
  if before.version == answer.version then
    local part = portions.amounts(answer.amounts)
    part.version = answer.version + 1
    part.ask_ms = answer.wait_ms > 0 and now_ms + answer.wait_ms or 0
    portions.store(hash, part)
    applied = applied + 1
    if answer.more and lanes.release_key(answer.key, true) then signals.work() end
  end
end
lanes.flush()
signals.publish()
return applied
