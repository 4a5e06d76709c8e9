-- read_finished: read the jobs of a list that have finished, without their payloads.
-- KEYS     base
-- ARGV     ; per job: id
-- RETURNS  per job {"FINISHED", state, {field, value, …}} | {"UNFINISHED"} | {"NONE"}
-- REPEAT   safe
-- TOUCHES  completed (zset)
--
-- Callers ask for most jobs while they wait, and once more after they have finished. So an unfinished job costs a read
-- of only a few fields. A job that BullMQ itself added has no spec, so one is made of its own fields.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "redis/lib/json"

local function state_of(job_id, fin, ats)
  local token, state = string.match(fin or "", "^(%d+) (%u+)$")
  if state and token == ats then return state end
  return rcall("ZSCORE", base .. "completed", job_id) and "SUCCEEDED" or "FAILED"
end

-- All fields of a record except the payload. The spec comes first.
local FIELDS = { F.spec, F.attempts_spent, F.next_offset, F.stalls, F.bounces, F.usage, F.failure, F.failure_message,
  F.started_ms, F.worker_id, F.finished_ms, F.result, F.group, F.child_groups, F.route }

-- The spec for a job that BullMQ itself added.
local function plain_spec(job_key, submitted_ms)
  local plain = rcall("HMGET", job_key, F.type, F.bull_options, F.priority)
  return cjson.encode({ [F.spec_type] = plain[1], [F.spec_priority] = numbers.whole(plain[3]) or 0,
    [F.spec_submitted_ms] = numbers.whole(submitted_ms) or 0,
    [F.spec_max_attempts] = numbers.whole(json.read(plain[2]).attempts) or 1 })
end

local function fields_of(job_key, submitted_ms)
  local values, flat, n = rcall("HMGET", job_key, unpack(FIELDS)), {}, 0
  if not values[1] then values[1] = plain_spec(job_key, submitted_ms) end
  for i, name in ipairs(FIELDS) do
    if values[i] then
      flat[n + 1], flat[n + 2] = name, values[i]
      n = n + 2
    end
  end
  return flat
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
    replies[#replies + 1] = { "FINISHED", state_of(id, fields[3], fields[4]), fields_of(job_key, fields[1]) }
  end
end
return replies
