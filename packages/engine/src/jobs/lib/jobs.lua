-- jobs: finds the state of a job.
--
-- A job's hash has BullMQ's fields and Millrace's: see stored-names.ts.
--
-- Needs `base` and `rcall`.
-- TOUCHES  completed (zset), delayed (zset), waiting-children (zset), mr:leases (zset), active (list)
local jobs = {}

-- A job's state, or nil if the job does not exist.
function jobs.state(job_id)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, F.submitted_ms, F.finished_ms, F.ended_by, F.attempts_started)
  if not fields[1] then return nil end
  if fields[2] then
    local token, state = string.match(fields[3] or "", "^(%d+) (%u+)$")
    if state and token == fields[4] then return state end
    if rcall("ZSCORE", base .. "completed", job_id) then return "SUCCEEDED" end
    return "FAILED"
  end
  if rcall("ZSCORE", base .. "mr:leases", job_id) then return "RUNNING" end
  if rcall("ZSCORE", base .. "delayed", job_id) then return "SCHEDULED" end
  if rcall("ZSCORE", base .. "waiting-children", job_id) then return "WAITING" end
  -- A BullMQ worker may run the job. It has a lock, but no entry in mr:leases.
  if fields[4] and rcall("EXISTS", job_key .. ":lock") == 1 and rcall("LPOS", base .. "active", job_id) then
    return "RUNNING"
  end
  return "QUEUED"
end
