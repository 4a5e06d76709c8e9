-- leases: decides who may write. A worker holds the lease of an active job if its token equals the job's
-- attempts_started. The lock in Redis may have expired unnoticed, because Redis or all schedulers were away.
-- The worker then still holds the lease until the reaper takes the job back.
--
-- Needs `base` and `rcall`.
-- TOUCHES  active (list)
local leases = {}

-- Whether `token` holds the lease of the job, whose attempts_started was just read.
function leases.held(job_id, token, attempts_started)
  if attempts_started ~= token then return false end
  local lock = rcall("GET", base .. job_id .. ":lock")
  if lock then return lock == token end
  return rcall("LPOS", base .. "active", job_id) ~= false
end
