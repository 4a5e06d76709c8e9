-- leases: who may write. A lease is held by whoever's token equals the job's `ats` while the job is
-- active. The lock that goes with it may have run out unnoticed (Redis or every scheduler was
-- away): until the reaper takes the job back, its holder still has it.
--
-- Needs `base` and `rcall`.
-- TOUCHES  active (list), mr:leases (zset)
local leases = {}

-- Whether `token` holds the job, whose `ats` was just read.
function leases.held(job_id, token, ats)
  if ats ~= token then return false end
  local lock = rcall("GET", base .. job_id .. ":lock")
  if lock then return lock == token end
  return rcall("LPOS", base .. "active", job_id) ~= false
end

-- Takes the lease away. False: the job was not active. active is searched from its old end.
function leases.drop(job_id)
  if rcall("LREM", base .. "active", -1, job_id) == 0 then return false end
  rcall("DEL", base .. job_id .. ":lock")
  rcall("ZREM", base .. "mr:leases", job_id)
  return true
end
