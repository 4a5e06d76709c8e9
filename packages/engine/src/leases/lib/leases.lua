-- leases: who may write. A lease is held by whoever's token equals the job's `ats` while the job is
-- active. The lock that goes with it may have run out unnoticed (Redis or every scheduler was
-- away): until the reaper takes the job back, its holder still has it.
--
-- Needs `base` and `rcall`.
-- TOUCHES  active (list)
local leases = {}

-- Whether `token` holds the job, whose `ats` was just read.
function leases.held(job_id, token, ats)
  if ats ~= token then return false end
  local lock = rcall("GET", base .. job_id .. ":lock")
  if lock then return lock == token end
  return rcall("LPOS", base .. "active", job_id) ~= false
end
