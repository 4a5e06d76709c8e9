-- history: how each of a job's attempts failed, a line of JSON each in its field `his`: a the attempt,
-- w the worker, s and e its start and end (ms), f the failure, u the usage.
--
-- Needs `base`, `rcall` and `now_ms`.
-- TOUCHES
local history = {}

-- A history is read whole, and copied to the dead letter: the longest message that it keeps.
local MESSAGE_BYTES = 1000

-- Notes a failed attempt before it is counted in `atm`. failure is JSON; usage "input,output,calls" or "".
function history.note(job_id, failure, usage)
  local fields = rcall("HMGET", base .. job_id, "atm", "pb", "processedOn", "his")
  failure = cjson.decode(failure)
  failure.message = string.sub(failure.message or "", 1, MESSAGE_BYTES)
  local line = cjson.encode({ a = (tonumber(fields[1]) or 0) + 1, w = fields[2] or nil, s = tonumber(fields[3] or ""),
    e = now_ms, f = failure, u = usage })
  rcall("HSET", base .. job_id, "his", fields[4] and fields[4] .. "\n" .. line or line)
end
