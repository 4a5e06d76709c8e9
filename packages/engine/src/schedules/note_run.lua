-- note_run: record that a due run has not been submitted, and when a scheduler looks at the schedule again.
-- KEYS     base
-- ARGV     now_ms, id, revision, due_ms, missed, next_due_ms, look_ms, failure
-- RETURNS  {"DONE"} | {"MOVED"}: the schedule is gone, has been changed, or has another due time
-- REPEAT   safe: it is MOVED then, unless the due time stays
-- TOUCHES  mr:schedule: (hash)
--
-- due_ms is the due time that the caller has read, and next_due_ms the due time from now on; "" means none. missed due times
-- lie between. failure is JSON, or "" to leave what is stored.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local id = ARGV[2]
local revision = numbers.given(ARGV[3], "revision")
local due_ms = ARGV[4]
local missed = numbers.given(ARGV[5], "missed")
local next_due_ms = ARGV[6]
local look_ms = numbers.given(ARGV[7], "look_ms")
local failure = ARGV[8]
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/schedules"

if due_ms ~= "" then numbers.given(due_ms, "due_ms") end
if next_due_ms ~= "" then numbers.given(next_due_ms, "next_due_ms") end
local schedule = schedules.owner(id) and schedules.get(id)
if not schedule or schedule.revision ~= revision or schedule.due_ms ~= numbers.whole(due_ms) then return { "MOVED" } end
if failure ~= "" then rcall("HSET", base .. "mr:schedule:" .. id, F.schedule_failure, failure) end
schedules.advance(schedule, { kind = "due", missed = missed, next_due_ms = numbers.whole(next_due_ms), look_ms = look_ms })
return { "DONE" }
