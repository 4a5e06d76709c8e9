-- renew_leases: extend the leases that the caller still holds.
-- KEYS     base
-- ARGV     now_ms, lease_ms; per lease: id, token
-- RETURNS  per lease {"RENEWED", cancel_requested} | {"LEASE_LOST"}
-- REPEAT   safe
-- TOUCHES  mr:leases (zset), stalled (set)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "leases/lib/leases"
--- @include "redis/lib/later"

local now_ms = numbers.given(ARGV[1], "now_ms")
local lease_ms = numbers.given(ARGV[2], "lease_ms")
local expires_text = string.format("%.0f", now_ms + lease_ms)
local expiry = later.list("ZADD", base .. "mr:leases")
-- BullMQ's renewal does the same, so that its stalled check skips these jobs.
local stalled = later.list("SREM", base .. "stalled")

local replies = {}
for at = 2, #ARGV - 1, 2 do
  local id = ARGV[at + 1]
  local token = ARGV[at + 2]
  local fields = rcall("HMGET", base .. id, F.attempts_started, F.cancel_reason)
  if leases.held(id, token, fields[1]) then
    rcall("SET", base .. id .. ":lock", token, "PX", lease_ms)
    expiry[#expiry + 1] = expires_text
    expiry[#expiry + 1] = id
    stalled[#stalled + 1] = id
    replies[#replies + 1] = { "RENEWED", fields[2] and 1 or 0 }
  else
    replies[#replies + 1] = { "LEASE_LOST" }
  end
end
later.flush()
return replies
