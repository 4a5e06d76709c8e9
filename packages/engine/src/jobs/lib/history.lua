-- history: how each attempt of a job failed. F.history has one line of JSON for each attempt, with the members
-- F.attempt_*.
--
-- Needs `base`, `rcall`, `now_ms` and `numbers`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local history = {}

-- Records a failed attempt, before it is counted in F.attempts_spent. failure is short JSON, because a history is read
-- as a whole and copied to the dead letter. usage is a usage in JSON, or "".
function history.note(job_id, failure, usage)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, F.attempts_spent, F.worker_id, F.started_ms, F.history)
  -- Failure and usage arrive as JSON, so they are inserted as text rather than decoded and encoded again.
  local line = cjson.encode({ [F.attempt_number] = (numbers.whole(fields[1]) or 0) + 1, [F.attempt_worker_id] = fields[2] or nil,
    [F.attempt_started_ms] = numbers.whole(fields[3]), [F.attempt_ended_ms] = now_ms })
  line = string.sub(line, 1, -2) .. ',"' .. F.attempt_failure .. '":' .. failure
  if usage ~= "" then line = line .. ',"' .. F.attempt_usage .. '":' .. usage end
  line = line .. "}"
  numbers.add_field(job_key, F.job_bytes, #line)
  stored.add(job_id, #line)
  rcall("HSET", job_key, F.history, fields[4] and fields[4] .. "\n" .. line or line)
end
