-- finished: what is read of a job that has finished: all fields of a record except the payload.
--
-- Needs `base`, `rcall`, `numbers` and `json`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "redis/lib/json"
local finished = {}

-- The spec comes first.
finished.FIELDS = { F.spec, F.attempts_spent, F.next_offset, F.stalls, F.bounces, F.usage, F.failure, F.failure_message,
  F.started_ms, F.worker_id, F.finished_ms, F.result, F.group, F.child_groups, F.route }

-- The spec for a job that BullMQ itself added: it has none, so one is made of its own fields.
function finished.plain_spec(job_key)
  local plain = rcall("HMGET", job_key, F.type, F.bull_options, F.priority, F.submitted_ms)
  return cjson.encode({ [F.spec_type] = plain[1], [F.spec_priority] = numbers.whole(plain[3]) or 0,
    [F.spec_submitted_ms] = numbers.whole(plain[4]) or 0,
    [F.spec_max_attempts] = numbers.whole(json.read(plain[2]).attempts) or 1 })
end

-- The fields that the job has, as a flat list of names and values.
function finished.read(job_id)
  local job_key, names = base .. job_id, finished.FIELDS
  local values, flat, n = rcall("HMGET", job_key, unpack(names)), {}, 0
  if not values[1] then values[1] = finished.plain_spec(job_key) end
  for i = 1, #names do
    if values[i] then
      flat[n + 1], flat[n + 2] = names[i], values[i]
      n = n + 2
    end
  end
  return flat
end
