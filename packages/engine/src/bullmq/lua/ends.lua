-- ends: records the ends of jobs that BullMQ's own scripts bring, as jobs/lib/outbox does for Millrace's.
--
-- Needs `base`, `rcall`, `stored` and `views`.
-- TOUCHES
local now_text = "0"
--- @include "jobs/lib/outbox_entries"

function views.read_ended(job_key)
  return rcall("HMGET", job_key, F.type, F.spec, F.group, F.finished_ms, F.attempts_started, F.attempts_spent, F.callback)
end

-- value is the result, or the message of the failure.
function views.record_end(job_id, state, value)
  local job_key = base .. job_id
  local job = rcall("EXISTS", job_key) == 1 and views.read_ended(job_key) or views.gone[job_key]
  if not job or not job[7] and rcall("HLEN", base .. "mr:subscribers") < 2 then return end
  if not job[4] then
    local time = rcall("TIME")
    job[4] = string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
  end
  local body = value or ""
  if state == "FAILED" then body = cjson.encode({ reason = "FAILED", message = body, retryable = false }) end
  outbox_entries.add_one(job_id, state, job[5] or "0", job[6] or "0", body, job[7], job)
end
