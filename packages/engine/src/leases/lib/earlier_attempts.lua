-- earlier_attempts: what earlier attempts of a job that is leased again have left.
--
-- Needs `base`, `rcall`, `now_ms`, `numbers`, `streams`, `signals` and `reservations`.
-- TOUCHES

local function reset_output(job_id, attempt)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, "oo", "ob", "op")
  local offset = numbers.whole(fields[1]) or streams.last(job_key .. ":output")
  rcall("XADD", job_key .. ":output", string.format("%.0f-0", offset + 1), "k", "r", "a", attempt,
    "t", now_ms, "b", "")
  rcall("HSET", job_key, "oo", offset + 1, "oq", 0, "ob", 0,
    "op", (numbers.whole(fields[3]) or 0) + (numbers.whole(fields[2]) or 0), "or", offset)
  signals.add("o", job_id, string.format("%.0f", offset + 1))
  return offset + 1
end

-- What an earlier attempt may have left.
local function earlier(job_id)
  local fields = rcall("HMGET", base .. job_id, "atm", "oq", "oo", "stc", "use", "fail", "due", "bnc", "rsv", "acs")
  local spent, offset = numbers.whole(fields[1]) or 0, fields[3]
  -- BullMQ's stalled check took it back, and knows nothing of reservations.
  reservations.settle_lost(job_id, fields[9], fields[10])
  if fields[2] and fields[2] ~= "0" then offset = reset_output(job_id, spent + 1) end
  return spent, offset, fields[4], fields[5], fields[6], fields[7], fields[8]
end
