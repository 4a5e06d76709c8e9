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
  local fields = rcall("HMGET", job_key, "atm", "pb", "processedOn", "his")
  -- What is sent to the script as JSON is not decoded to be encoded again.
  local line = cjson.encode({ a = (numbers.whole(fields[1]) or 0) + 1, w = fields[2] or nil,
    s = numbers.whole(fields[3]), e = now_ms, u = usage })
  line = string.sub(line, 1, -2) .. ',"f":' .. failure .. "}"
  numbers.add_field(job_key, "by", #line)
  stored.add(job_id, #line)
  rcall("HSET", job_key, "his", fields[4] and fields[4] .. "\n" .. line or line)
end
