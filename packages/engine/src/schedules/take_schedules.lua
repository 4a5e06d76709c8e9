-- take_schedules: find schedules that are to be looked at.
-- KEYS     base
-- ARGV     now_ms, limit, claim_ms, most_bytes
-- RETURNS  {"OK", when the next one is to be looked at or "", {id, its hash as a flat list, the ULIDs of its unfinished jobs}…}
-- REPEAT   safe: what the first call found is found again claim_ms later
-- TOUCHES  mr:schedule: (hash), mr:schedules (zset)
--
-- The reply has at most limit schedules, and ends with the one whose details exceed most_bytes together: the next call finds the
-- others. Other schedulers do not find the same schedules for claim_ms. That only saves work: what a look decides is decided by
-- the script that stores it.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local limit = numbers.given(ARGV[2], "limit")
local claim_ms = numbers.given(ARGV[3], "claim_ms")
local most_bytes = numbers.given(ARGV[4], "most_bytes")
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/schedules"

local found, bytes = {}, 0
for _, id in ipairs(rcall("ZRANGEBYSCORE", base .. "mr:schedules", "-inf", now_ms, "LIMIT", 0, limit)) do
  if bytes > most_bytes then break end
  local schedule_key = base .. "mr:schedule:" .. id
  local hash = rcall("HGETALL", schedule_key)
  if #hash > 0 and schedules.owner(id) then
    rcall("ZADD", base .. "mr:schedules", now_ms + claim_ms, id)
    for _, value in ipairs(hash) do bytes = bytes + #value end
    found[#found + 1] = { id, hash, schedules.unfinished(id, rcall("HGET", schedule_key, F.schedule_jobs)) }
  else
    rcall("ZREM", base .. "mr:schedules", id)
  end
end
local first = rcall("ZRANGE", base .. "mr:schedules", 0, 0, "WITHSCORES")
return { "OK", first[2] or "", unpack(found) }
