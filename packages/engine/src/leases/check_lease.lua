-- check_lease: find out whether a worker holds a lease.
-- KEYS     base
-- ARGV     job_id, token
-- RETURNS  "HELD" | "LEASE_LOST"
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
local job_id = ARGV[1]
local token = ARGV[2]
--- @include "leases/lib/leases"

return leases.held(job_id, token, rcall("HGET", base .. job_id, F.attempts_started)) and "HELD" or "LEASE_LOST"
