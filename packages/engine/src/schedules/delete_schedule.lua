-- delete_schedule: remove a schedule. Its jobs stay.
-- KEYS     base
-- ARGV     id
-- RETURNS  {"OK"} | {"NOT_FOUND"}
-- REPEAT   safe
-- TOUCHES  mr:schedule: (hash), mr:schedules (zset), mr:schedule-index: (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local id = ARGV[1]
--- @include "jobs/lib/stored"

local key, name = string.match(id, "^[^~]+~([^~]+)~([^~]+)$")
local bytes = key and rcall("HGET", base .. "mr:schedule:" .. id, F.schedule_bytes)
if not bytes then return { "NOT_FOUND" } end
stored.add_to_key(key, -(numbers.whole(bytes) or 0))
rcall("DEL", base .. "mr:schedule:" .. id)
rcall("ZREM", base .. "mr:schedules", id)
rcall("ZREM", base .. "mr:schedule-index:" .. key, name)
stored.flush()
return { "OK" }
