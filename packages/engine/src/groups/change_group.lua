-- change_group: close a group, or cancel it.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_failed_ms, id, change, reason
-- RETURNS  {"DONE" | "ALREADY_FINAL", the group's hash as a flat list, other_ends} | {"NOT_FOUND"}; see
--          ends.report
-- REPEAT   safe
-- TOUCHES  mr:group: (hash)
--
-- change is "close" or "cancel". A group whose children have all ended finishes at once.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_failed_ms = numbers.given(ARGV[3], "keep_failed_ms")
local id = ARGV[4]
local change = ARGV[5]
local reason = ARGV[6]
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/waiting"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/ends"

local group = groups.get(id)
if not group then return { "NOT_FOUND" } end
local outcome = "DONE"
if groups.FINAL[group.state] then
  outcome = "ALREADY_FINAL"
elseif change == "cancel" then
  groups.cancel(group, "CANCELLED", reason)
else
  groups.close(group)
end
ends.flush()
lanes.flush()
later.flush()
stored.flush()
events.flush()
signals.publish()
return { outcome, rcall("HGETALL", base .. "mr:group:" .. id), ends.report() }
