-- history: how each of a job's attempts failed, a line of JSON each in its field `his`: a the attempt,
-- w the worker, s and e its start and end (ms), f the failure, u the usage.
--
-- Needs `base`, `rcall`, `now_ms` and `numbers`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local history = {}

-- Notes a failed attempt before it is counted in `atm`. failure is JSON, and short: a history is read whole,
-- and copied to the dead letter. usage is as settle has it.
function history.note(job_id, failure, usage)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, F.attempts_spent, F.worker_id, F.started_ms, F.history)
  -- What is sent to the script as JSON is not decoded to be encoded again.
  local line = cjson.encode({ [F.attempt_number] = (numbers.whole(fields[1]) or 0) + 1, [F.attempt_worker_id] = fields[2] or nil,
    [F.attempt_started_ms] = numbers.whole(fields[3]), [F.attempt_ended_ms] = now_ms, [F.attempt_usage] = usage })
  line = string.sub(line, 1, -2) .. ',"' .. F.attempt_failure .. '":' .. failure .. "}"
  numbers.add_field(job_key, F.job_bytes, #line)
  stored.add(job_id, #line)
  rcall("HSET", job_key, F.history, fields[4] and fields[4] .. "\n" .. line or line)
end
