-- cancel_job: end a job that waits; mark one that runs, and signal its worker.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_failed_ms, id, message
-- RETURNS  {"CANCELLED", other_ends, identity}, see ends | {"REQUESTED", worker_id} | {"ALREADY_FINAL", state} | {"NOT_FOUND"}
-- REPEAT   safe: ALREADY_FINAL CANCELLED, or REQUESTED again
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_failed_ms = numbers.given(ARGV[3], "keep_failed_ms")
local id = ARGV[4]
local message = ARGV[5]
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/waiting"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/ends"

local state = jobs.state(id)
if not state then return { "NOT_FOUND" } end
if state == "RUNNING" then
  rcall("HSETNX", base .. id, F.cancel_reason, message)
  signals.add("c", id)
  signals.publish()
  return { "REQUESTED", rcall("HGET", base .. id, F.worker_id) or "" }
end
if state ~= "SCHEDULED" and state ~= "QUEUED" and state ~= "WAITING" then return { "ALREADY_FINAL", state } end
waiting.take_out(id)
ends.give_up(id, waiting.PLACES[state], "CANCELLED", "CANCELLED", message)
ends.flush()
lanes.flush()
later.flush()
stored.flush()
events.flush()
signals.publish()
return { "CANCELLED", ends.report(), ends.identity(id) }
