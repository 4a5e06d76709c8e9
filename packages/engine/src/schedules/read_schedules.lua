-- read_schedules: read schedules.
-- KEYS     base
-- ARGV     ; per schedule: id
-- RETURNS  per schedule {its hash as a flat list, empty if there is no such schedule; the ULIDs of its unfinished jobs}
-- REPEAT   safe
-- TOUCHES  mr:schedule: (hash)
local base = KEYS[1]
local rcall = redis.call
local now_ms = 0
--- @include "redis/lib/numbers"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/schedules"

local replies = {}
for at = 0, #ARGV - 1 do
  local id = ARGV[at + 1]
  local schedule_key = base .. "mr:schedule:" .. id
  replies[at + 1] = { rcall("HGETALL", schedule_key), schedules.unfinished(id, rcall("HGET", schedule_key, F.schedule_jobs)) }
end
return replies
