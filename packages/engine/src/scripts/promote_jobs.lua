-- promote_jobs: queue scheduled jobs that are due.
-- KEYS     base
-- ARGV     now_ms, max_events, limit
-- RETURNS  {"OK", promoted, next_due_ms | ""}
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
local now_ms = tonumber(ARGV[1])
local max_events = tonumber(ARGV[2])
local limit = tonumber(ARGV[3])
--- @include "lib/lanes"
--- @include "lib/events"
--- @include "lib/signals"
--- @include "lib/delayed"

local promoted, next_due_ms = delayed.promote(now_ms, limit)
lanes.flush()
events.flush()
signals.publish()
return { "OK", promoted, next_due_ms or "" }
