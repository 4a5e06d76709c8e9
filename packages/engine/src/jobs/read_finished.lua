-- read_finished: read the jobs of a list that have finished, without their payloads.
-- KEYS     base
-- ARGV     ; per job: id
-- RETURNS  per job {"FINISHED", state, {field, value, …}} | {"UNFINISHED"} | {"NONE"}
-- REPEAT   safe
-- TOUCHES  completed (zset)
--
-- Callers ask for most jobs while they wait, and once more after they have finished. So an unfinished job costs a read
-- of only a few fields.
local base = KEYS[1]
local rcall = redis.call
--- @include "jobs/lib/finished"

local function state_of(job_id, fin, ats)
  local token, state = string.match(fin or "", "^(%d+) (%u+)$")
  if state and token == ats then return state end
  return rcall("ZSCORE", base .. "completed", job_id) and "SUCCEEDED" or "FAILED"
end

local replies = {}
for at = 0, #ARGV - 1 do
  local id = ARGV[at + 1]
  local job_key = base .. id
  local fields = rcall("HMGET", job_key, F.submitted_ms, F.finished_ms, F.ended_by, F.attempts_started)
  if not fields[1] then
    replies[#replies + 1] = { "NONE" }
  elseif not fields[2] then
    replies[#replies + 1] = { "UNFINISHED" }
  else
    replies[#replies + 1] = { "FINISHED", state_of(id, fields[3], fields[4]), finished.read(id) }
  end
end
return replies
