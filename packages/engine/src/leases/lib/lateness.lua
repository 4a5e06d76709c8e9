-- lateness: says whether a job that has reached its turn is too late to start.
--
-- Needs `base`, `rcall`, `now_ms` and `numbers`.
-- TOUCHES
local lateness = {}

-- Why a job can only expire, as reason and message; nil if it may start. `started` is nil before its first attempt.
function lateness.reason(job_id, deadline_ms, expires_ms, started)
  if (numbers.whole(deadline_ms) or math.huge) <= now_ms then
    return "DEADLINE_EXCEEDED", "not finished by its deadline"
  end
  if (numbers.whole(expires_ms) or math.huge) > now_ms then return nil end
  if started and (numbers.whole(rcall("HGET", base .. job_id, F.attempts_spent)) or 0) > 0 then return nil end
  return "NOT_STARTED_IN_TIME", "not started by its latest start"
end
