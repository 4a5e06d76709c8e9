-- adopt_leases: as renew_leases, and return the leases' data, for a worker that reconnects.
-- KEYS     base
-- ARGV     now_ms, lease_ms, worker_id; per lease: id, token
-- RETURNS  per lease {"ADOPTED", job hash as a flat list} | {"LEASE_LOST"}
-- REPEAT   safe
-- TOUCHES  mr:leases (zset), stalled (set)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "leases/lib/leases"
--- @include "redis/lib/later"

local now_ms = numbers.given(ARGV[1], "now_ms")
local lease_ms = numbers.given(ARGV[2], "lease_ms")
local worker_id = ARGV[3]
local expires_text = string.format("%.0f", now_ms + lease_ms)
local expiry = later.list("ZADD", base .. "mr:leases")
-- BullMQ's renewal does the same, so that its stalled check skips these jobs.
local stalled = later.list("SREM", base .. "stalled")

local replies = {}
for at = 3, #ARGV - 1, 2 do
  local id = ARGV[at + 1]
  local token = ARGV[at + 2]
  local job_key = base .. id
  if leases.held(id, token, rcall("HGET", job_key, F.attempts_started)) then
    rcall("HSET", job_key, F.worker_id, worker_id)
    rcall("SET", job_key .. ":lock", token, "PX", lease_ms)
    expiry[#expiry + 1] = expires_text
    expiry[#expiry + 1] = id
    stalled[#stalled + 1] = id
    replies[#replies + 1] = { "ADOPTED", rcall("HGETALL", job_key) }
  else
    replies[#replies + 1] = { "LEASE_LOST" }
  end
end
later.flush()
return replies
