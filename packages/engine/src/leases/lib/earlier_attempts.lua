-- earlier_attempts: reads what earlier attempts left, for a job that is leased again.
--
-- Needs `base`, `rcall`, `now_ms`, `numbers`, `streams`, `signals` and `reservations`.
-- TOUCHES

local function reset_output(job_id, attempt)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, F.next_offset, F.output_bytes, F.earlier_output_bytes)
  local offset = numbers.whole(fields[1]) or streams.last(job_key .. ":output")
  rcall("XADD", job_key .. ":output", string.format("%.0f-0", offset + 1), F.chunk_kind, "r", F.chunk_attempt, attempt,
    F.chunk_stored_ms, now_ms, F.chunk_body, "")
  rcall("HSET", job_key, F.next_offset, offset + 1, F.next_seq, 0, F.output_bytes, 0,
    F.earlier_output_bytes, (numbers.whole(fields[3]) or 0) + (numbers.whole(fields[2]) or 0), F.first_offset, offset)
  signals.add("o", job_id, string.format("%.0f", offset + 1))
  return offset + 1
end

-- Reads the fields of a lease that an earlier attempt may have set, and begins its output anew.
local function earlier(job_id)
  local fields = rcall("HMGET", base .. job_id, F.attempts_spent, F.next_seq, F.next_offset, F.stalls, F.usage, F.failure, F.due_ms, F.bounces, F.key_reservation, F.account_reservation, F.child_groups, F.checkpoint, F.last_end)
  local spent, offset = numbers.whole(fields[1]) or 0, fields[3]
  -- BullMQ's stalled check may have taken the job back; it does not settle reservations.
  reservations.settle_lost(job_id, fields[9], fields[10])
  if fields[2] and fields[2] ~= "0" then offset = reset_output(job_id, spent + 1) end
  return spent, offset, fields[4], fields[5], fields[6], fields[7], fields[8], fields[11], fields[12], fields[13]
end
