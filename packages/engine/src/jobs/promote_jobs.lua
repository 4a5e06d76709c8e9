-- promote_jobs: queue scheduled jobs that are due.
-- KEYS     base
-- ARGV     now_ms, max_events, limit
-- RETURNS  {"OK", promoted, next_due_ms | ""}
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local max_events = numbers.given(ARGV[2], "max_events")
local limit = numbers.given(ARGV[3], "limit")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "jobs/lib/delayed"

local promoted, next_due_ms = delayed.promote(now_ms, limit)
lanes.flush()
stored.flush()
events.flush()
signals.publish()
return { "OK", promoted, next_due_ms or "" }
