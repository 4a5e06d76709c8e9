-- save_checkpoint: store what an attempt saves for the next ones.
-- KEYS     base
-- ARGV     job_id, token, checkpoint
-- RETURNS  "SAVED" | "LEASE_LOST"
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
local job_id = ARGV[1]
local token = ARGV[2]
local checkpoint = ARGV[3]
--- @include "leases/lib/leases"
--- @include "jobs/lib/stored"

local fields = rcall("HMGET", base .. job_id, F.attempts_started, F.checkpoint)
if not leases.held(job_id, token, fields[1]) then return "LEASE_LOST" end
local bytes = #checkpoint - #(fields[2] or "")
rcall("HSET", base .. job_id, F.checkpoint, checkpoint)
numbers.add_field(base .. job_id, F.job_bytes, bytes)
stored.add(job_id, bytes)
stored.flush()
return "SAVED"
