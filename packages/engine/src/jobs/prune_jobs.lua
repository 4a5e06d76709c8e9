-- prune_jobs: remove finished jobs that are past their retention, by age or by number.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_succeeded_ms, keep_failed_ms, keep_count, limit
-- RETURNS  {"OK", pruned, more}
-- REPEAT   safe
-- TOUCHES  mr:retain (zset), completed (zset), failed (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local max_events = numbers.given(ARGV[2], "max_events")
local keep_succeeded_ms = numbers.given(ARGV[3], "keep_succeeded_ms")
local keep_failed_ms = numbers.given(ARGV[4], "keep_failed_ms")
local keep_count = numbers.given(ARGV[5], "keep_count")
local limit = numbers.given(ARGV[6], "limit")
--- @include "signals/lib/events"
--- @include "jobs/lib/stored"
--- @include "jobs/lib/removal"

local pruned = 0

local function prune(set, job_ids)
  for _, job_id in ipairs(job_ids) do removal.remove(set, job_id) end
  pruned = pruned + #job_ids
end

local function older(set, at_ms)
  return rcall("ZRANGEBYSCORE", base .. set, "-inf", at_ms, "LIMIT", 0, limit - pruned)
end

for _, job_id in ipairs(older("mr:retain", now_ms)) do
  -- The job may have been removed or redriven since it ended.
  rcall("ZREM", base .. "mr:retain", job_id)
  if rcall("ZSCORE", base .. "completed", job_id) then
    prune("completed", { job_id })
  elseif rcall("ZSCORE", base .. "failed", job_id) then
    prune("failed", { job_id })
  end
end
for set, keep_ms in pairs({ completed = keep_succeeded_ms, failed = keep_failed_ms }) do
  if pruned < limit then prune(set, older(set, now_ms - keep_ms)) end
  local excess = math.min(rcall("ZCARD", base .. set) - keep_count, limit - pruned)
  if excess > 0 then prune(set, rcall("ZRANGE", base .. set, 0, excess - 1)) end
end
stored.flush()
removal.flush()
events.flush()
return { "OK", pruned, pruned >= limit and 1 or 0 }
