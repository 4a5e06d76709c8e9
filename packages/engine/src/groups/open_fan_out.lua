-- open_fan_out: make the group of a running attempt's fan-out, or find the one that an earlier attempt made.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_failed_ms, job_id, token, ordinal, plan, new_id, rule, max_in_flight, keep_siblings, deadline_ms
-- RETURNS  {"OPENED", its id, the group's hash as a flat list} | {"DIFFERS"} | {"LEASE_LOST"}
-- REPEAT   safe
-- TOUCHES  mr:group: (hash)
--
-- A fan-out that no attempt has waited for is replaced if its plan differs, and its children are cancelled.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_failed_ms = numbers.given(ARGV[3], "keep_failed_ms")
local job_id = ARGV[4]
local token = ARGV[5]
local ordinal = numbers.given(ARGV[6], "ordinal")
local plan = ARGV[7]
local new_id = ARGV[8]
local rule = ARGV[9]
local max_in_flight = numbers.given(ARGV[10], "max_in_flight")
local keep_siblings = ARGV[11]
local deadline_ms = numbers.given(ARGV[12], "deadline_ms")
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/waiting"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/ends"
--- @include "leases/lib/leases"
--- @include "groups/lib/new_groups"

new_groups.check(new_id)
local fields = rcall("HMGET", base .. job_id, F.attempts_started, F.child_groups, F.deadline_ms)
if not leases.held(job_id, token, fields[1]) then return { "LEASE_LOST" } end
local ids, own = {}, 0
for id in string.gmatch(fields[2] or "", "%S+") do
  ids[#ids + 1] = id
  local group = groups.get(id)
  -- A finalizer may fan out too. The group that it finalizes is none of its fan-outs.
  if not group or group.kind == "fan_out" then own = own + 1 end
end
local first = #ids - own
local known = groups.get(ids[first + ordinal] or "")
if known and known.plan == plan then
  return { "OPENED", known.id, rcall("HGETALL", base .. "mr:group:" .. known.id) }
end
if ordinal > own + 1 or known and known.waited ~= "" or ordinal < own then return { "DIFFERS" } end
if known then
  groups.set_waiter(known, "")
  groups.cancel(known, "CANCELLED", "replaced by another fan-out of its job")
end
ids[first + ordinal] = new_id
new_groups.add(new_id, { rule = rule, max_in_flight = max_in_flight, keep_siblings = keep_siblings, waiter = job_id,
  kind = "fan_out", deadline_ms = math.min(deadline_ms, numbers.whole(fields[3]) or deadline_ms), created_ms = now_text, plan = plan })
rcall("HSET", base .. job_id, F.child_groups, table.concat(ids, " "))
ends.flush()
lanes.flush()
later.flush()
stored.flush()
events.flush()
signals.publish()
return { "OPENED", new_id, rcall("HGETALL", base .. "mr:group:" .. new_id) }
