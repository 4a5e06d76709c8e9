-- apply_portions: apply what keys' homes have given to a shard.
-- KEYS     base
-- ARGV     per key: key, version, amounts, ask_ms, more
-- RETURNS  how many were applied: the others answer earlier reports
-- REPEAT   safe
-- TOUCHES  mr:use: (hash)
--
-- version is that of the report. amounts are the portions as in lib/portions. more is 1 if they may suffice for a job that was
-- held. ask_ms is when the home may be asked for more again.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "budgets/lib/portions"

local answers = {}
for at = 0, #ARGV - 1, 5 do
  local key = ARGV[at + 1]
  local version = numbers.given(ARGV[at + 2], "version")
  local amounts = ARGV[at + 3]
  local ask_ms = numbers.given(ARGV[at + 4], "ask_ms")
  local more = ARGV[at + 5] == "1"
  answers[#answers + 1] = { key = key, version = version, amounts = amounts, ask_ms = ask_ms, more = more }
end
local applied = 0
for _, answer in ipairs(answers) do
  local hash = base .. "mr:use:" .. answer.key
  local before = portions.read(rcall("HGET", hash, F.use_portion) or "")
  if before.version == answer.version then
    local part = portions.amounts(answer.amounts)
    part.version, part.ask_ms = answer.version + 1, answer.ask_ms
    portions.store(hash, part)
    applied = applied + 1
    if answer.more and lanes.release_key(answer.key, true) then signals.work() end
  end
end
lanes.flush()
signals.publish()
return applied
