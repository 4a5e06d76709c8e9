-- quote_job: read what would hold a job if it were submitted now, and who would be before it.
-- KEYS     base
-- ARGV     now_ms, key, default_tokens, lane, job_type, priority, est, sample
-- RETURNS  {paused, ahead, tokens, held_tokens, limits | "", running, requests, tokens_used, day_used, requests_clear_ms | "",
--          tokens_clear_ms | "", day_clear_ms | "", pool, governed, lanes, leased, since_ms, unnamed, in_pool,
--          {per route: account, model, governed, tokens, failed}, {jobs}}
-- REPEAT   safe
-- TOUCHES  meta (hash), mr:lane: (zset), mr:ready: (zset), mr:families (hash)
--
-- The job need not exist. `lane` is the lane for all types, as in a job's record, and `est` is "" without an estimate. The other values
-- are those of explain_job.
-- lanes        how many lanes of its class have jobs, and the job's own
-- jobs         how many jobs wait in lanes of other keys that take turns with the job's lane: at most `sample` lanes, chosen at
--              random
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local key = ARGV[2]
local default_tokens = numbers.given(ARGV[3], "default_tokens")
local lane = ARGV[4]
local job_type = ARGV[5]
local priority = numbers.given(ARGV[6], "priority")
local est = ARGV[7]
local sample = numbers.given(ARGV[8], "sample")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "explain/lib/holds"

local pool = string.match(lane, "^[^|]*|%d|([^|]*)") or ""
local waits_in = lanes.for_type(lane, job_type)
local class = string.match(waits_in, "^[^|]*|(.*)$")
local unnamed = rcall("EXISTS", base .. "mr:families") == 1 and rcall("HEXISTS", base .. "mr:families", job_type) == 0
-- A new job comes after all jobs of its priority.
local ahead = rcall("ZCOUNT", base .. "mr:lane:" .. waits_in, "-inf", (priority + 1) * run_of(waits_in) - 1)
local jobs = {}
for _, other in ipairs(rcall("ZRANDMEMBER", base .. "mr:ready:" .. class, sample)) do
  if other ~= key then jobs[#jobs + 1] = holds.text(rcall("ZCARD", base .. "mr:lane:" .. other .. "|" .. class)) end
end
-- The lane of the job takes turns too, also if it is empty now.
local own = rcall("ZSCORE", base .. "mr:ready:" .. class, key) and 1 or 0
local lanes_with_own = holds.text(rcall("ZCARD", base .. "mr:ready:" .. class) - own + 1)
local held_by = holds.of(key, class, waits_in, pool, est ~= "" and est, false, default_tokens)
return { rcall("HEXISTS", base .. "meta", F.meta_paused), holds.text(ahead), held_by.tokens, held_by.held_tokens, held_by.limits,
  held_by.running, held_by.requests, held_by.tokens_used, held_by.day_used, held_by.requests_clear, held_by.tokens_clear,
  held_by.day_clear, pool, held_by.governed, lanes_with_own, held_by.leased, held_by.since, unnamed and 1 or 0, held_by.in_pool,
  held_by.routes, jobs }
