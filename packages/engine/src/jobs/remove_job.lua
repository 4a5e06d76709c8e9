-- remove_job: remove a job that has ended, as the end of its retention would.
-- KEYS     base
-- ARGV     now_ms, max_events, id
-- RETURNS  {"REMOVED"} | {"UNFINISHED"} | {"NOT_FOUND"}
-- REPEAT   safe: NOT_FOUND
-- TOUCHES  completed (zset), failed (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local max_events = numbers.given(ARGV[2], "max_events")
local id = ARGV[3]
--- @include "signals/lib/events"
--- @include "jobs/lib/stored"
--- @include "jobs/lib/removal"

local set
for _, one in ipairs({ "completed", "failed" }) do
  if rcall("ZSCORE", base .. one, id) then set = one end
end
if not set then
  return { rcall("EXISTS", base .. id) == 1 and "UNFINISHED" or "NOT_FOUND" }
end
removal.remove(set, id)
stored.flush()
removal.flush()
events.flush()
return { "REMOVED" }
