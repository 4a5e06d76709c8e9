-- promote_jobs: queue scheduled jobs that are due.
-- KEYS     base
-- ARGV     now_ms, max_events, limit
-- RETURNS  {"OK", promoted, next_due_ms | ""}
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
--- @include "lib/lanes"
--- @include "lib/signals"
--- @include "lib/delayed"

local now_ms = tonumber(ARGV[1])
local max_events = ARGV[2]
local limit = tonumber(ARGV[3])

local promoted = delayed.promote(now_ms, limit, max_events)
local next_due_ms = delayed.next_due()
lanes.flush()
signals.publish()
return { "OK", promoted, next_due_ms and string.format("%.0f", next_due_ms) or "" }
