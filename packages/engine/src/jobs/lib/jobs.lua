-- jobs: where a job is.
--
-- A job's hash is BullMQ's (name, data, opts, timestamp, delay, priority, processedOn, pb, ats, atm,
-- stc, finishedOn, returnvalue, failedReason) with Millrace's fields beside them:
--   spec  what was submitted but the payload, JSON
--   lane  its lane, if it needs a pool
--   exp   latest start, ms             dl    latest finish, ms
--   ik    "window_ms:idempotency key"  keep  retention of its own, ms
--   fin   "ats STATE" of when it ended: it holds while `ats` is the same
--   fail  last failure, JSON           use   usage, "input,output,calls[,compute_ms]"
--   est  tokens declared               bnc  times it was bounced
--   sus  1: a suspect, whose next stall would end it: see lanes.lua
--   bep  "count episode": how many episodes it was bounced in, and the last of them
--   by, rb  bytes that it counts as: see stored.lua
--   rsv, acs  what its attempt reserved: see budgets.lua and slices.lua
--   his  how its attempts failed: see history.lua
--   held  what it had to wait for, by commas: kinds of constraint
--   cancel  why, once asked for        oo, oq, ob, op, or  output: see append_output.lua
--
-- Needs `base` and `rcall`.
-- TOUCHES  completed (zset), delayed (zset), mr:leases (zset), active (list)
local jobs = {}

-- A job's state, or nil if there is none.
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
  -- Leased by a BullMQ worker, which keeps no lease of ours.
  if fields[4] and rcall("EXISTS", job_key .. ":lock") == 1 and rcall("LPOS", base .. "active", job_id) then
    return "RUNNING"
  end
  return "QUEUED"
end
