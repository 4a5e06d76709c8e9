-- ends: takes leases away, and ends jobs. Its functions never throw, whatever is stored.
--
-- Needs `base`, `rcall`, `now_ms`, `now_text` (the same as text), `keep_failed_ms`, `keep_succeeded_ms`,
-- `numbers`, `lanes`, `events`, `signals` and `later`.
-- A job that fails for good also becomes a dead letter. A child counts in its group, and the end of a job cancels the
-- children that it still waits for. ends.flush writes what follows for groups; scripts call it before lanes.flush.
-- TOUCHES  active (list), mr:leases (zset), stalled (set), completed (zset), failed (zset),
--          mr:expiry (zset), mr:retain (zset), mr:idem: (string)
--- @include "redis/lib/numbers"
--- @include "redis/lib/json"
--- @include "redis/lib/columns"
--- @include "redis/lib/utf8"
--- @include "jobs/lib/attempts"
--- @include "jobs/lib/dead"
--- @include "jobs/lib/groups"
--- @include "jobs/lib/outbox"
local ends = {
  locks = later.list("DEL"),
  leases = later.list("ZREM", base .. "mr:leases"),
  stalled = later.list("SREM", base .. "stalled"),
  completed = later.list("ZADD", base .. "completed"),
  failed = later.list("ZADD", base .. "failed"),
  expiry = later.list("ZREM", base .. "mr:expiry"),
  active = base .. "active",
  others = {},
}

-- The longest value that an event repeats. The stream outlives the jobs that it reports.
local EVENT_VALUE_BYTES = 1024

-- Takes a job's lease away. Returns false if the job is not active. The search in `active` begins at the oldest
-- entry. The caller settles the job's reservations.
function ends.drop_lease(job_id)
  if rcall("LREM", ends.active, -1, job_id) == 0 then return false end
  ends.locks[#ends.locks + 1] = base .. job_id .. ":lock"
  ends.leases[#ends.leases + 1] = job_id
  ends.stalled[#ends.stalled + 1] = job_id
  return true
end

local function end_idempotency(job_id, ik, state)
  local window, key = string.match(ik, "^(%d+):(.*)$")
  local key_id = string.match(job_id, "^[^~]+~([^~]+)~")
  window = numbers.whole(window)
  if not window or not key_id then return end
  local idem = base .. "mr:idem:" .. key_id .. ":" .. key
  local hash, _, owner = string.match(rcall("GET", idem) or "", "^(%S*) (%S+) (%S+)$")
  if owner ~= job_id then return end
  if window > 0 then
    rcall("SET", idem, hash .. " " .. state .. " " .. job_id, "PX", window)
  else
    rcall("DEL", idem)
  end
end

-- Cancels what the last group that a job waited for, or was about to wait for, still does.
local function cancel_children(child_groups, state)
  local group = groups.get(string.match(child_groups, "(%S+)$") or "")
  if group then groups.cancel(group, "CANCELLED", "the job that waits for the group became " .. state) end
end

-- The fields of a job that ends.finish needs. A caller may read more after them.
ends.FIELDS = { F.attempts_started, F.attempts_spent, F.next_offset, F.idempotency, F.latest_start_ms, F.deadline_ms, F.keep_ms,
  F.end_bytes, F.group, F.child_groups, F.callback }
local END = columns.of(ends.FIELDS)

-- Writes the final state of a job that the caller has just removed from its place (`prev`). The job has either a
-- result, or a failure (JSON) and its message. `token` is that of the lease that ended it. Without a token,
-- attempts_started rises, so that no earlier lease counts as the one that ended the job. `extra` has fields and
-- values to write in the same command.
function ends.finish(job_id, fields, token, prev, state, result, failure, message, extra)
  local job_key = base .. job_id
  local spent = attempts.at_end(numbers.whole(fields[END[F.attempts_spent]]) or 0, prev)
  local set, keep_ms
  local bytes = result and #result or #failure + #message
  stored.add(job_id, bytes - (numbers.whole(fields[END[F.end_bytes]]) or 0))
  extra = extra or {}
  if result then
    set, keep_ms = ends.completed, keep_succeeded_ms
    rcall("HSET", job_key, F.result, result, F.finished_ms, now_text, F.attempts_spent, spent,
      F.ended_by, token .. " SUCCEEDED", F.end_bytes, stored.text(bytes), unpack(extra))
    events.add("completed", job_id, "returnvalue", #result > EVENT_VALUE_BYTES and "null" or result, "prev", prev)
  else
    set, keep_ms = ends.failed, keep_failed_ms
    token = token or string.format("%.0f", (numbers.whole(fields[END[F.attempts_started]]) or 0) + 1)
    rcall("HSET", job_key, F.failure_message, message, F.failure, failure, F.finished_ms, now_text, F.attempts_spent, spent,
      F.attempts_started, token, F.ended_by, token .. " " .. state, F.end_bytes, stored.text(bytes), unpack(extra))
    if state == "FAILED" then dead.add(job_id) end
    events.add("failed", job_id, "failedReason", utf8.cut(message, EVENT_VALUE_BYTES), "prev", prev)
  end
  local n = #set
  set[n + 1], set[n + 2] = now_text, job_id
  signals.add("f " .. state, job_id)
  outbox.note(job_id, state, token, spent, result or failure, fields[END[F.callback]])
  local own_keep_ms = fields[END[F.keep_ms]]
  if own_keep_ms then
    keep_ms = math.min(keep_ms, numbers.whole(own_keep_ms) or keep_ms)
    rcall("ZADD", base .. "mr:retain", now_ms + keep_ms, job_id)
  end
  if fields[END[F.next_offset]] then rcall("PEXPIRE", job_key .. ":output", math.max(keep_ms, 1)) end
  if fields[END[F.latest_start_ms]] or fields[END[F.deadline_ms]] then ends.expiry[#ends.expiry + 1] = job_id end
  local idempotency = fields[END[F.idempotency]]
  if idempotency then end_idempotency(job_id, idempotency, state) end
  local child_of, child_groups = fields[END[F.group]], fields[END[F.child_groups]]
  if child_of then groups.note_end(child_of, job_id, state, result or failure) end
  if child_groups then cancel_children(child_groups, state) end
end

-- What of a job tells how it waited, after its trace: see jobs/ended-job.ts.
local WAITED = { F.submitted_ms, F.due_ms, F.last_end, F.attempts_spent, F.held_by, F.started_ms, F.worker_id }

-- A job's type and trace, for the report of an end that no lease brought. The trace is a list: traceparent, run_at_ms
-- | "", and the fields of WAITED, each | "". It is "" if the job has none.
function ends.identity(job_id)
  local fields = rcall("HMGET", base .. job_id, F.type, F.spec, unpack(WAITED))
  local spec = json.read(fields[2])
  local traceparent, run_at_ms = spec[F.spec_traceparent], spec[F.spec_run_at_ms]
  if type(traceparent) ~= "string" or traceparent == "" then return fields[1] or "", "" end
  local trace = { traceparent, type(run_at_ms) == "number" and string.format("%.0f", run_at_ms) or "" }
  for i = 1, #WAITED do trace[i + 2] = fields[i + 2] or "" end
  return fields[1] or "", trace
end

-- A permanent failure in its stored form.
function ends.failure(reason, message)
  return cjson.encode({ reason = reason, message = message, retryable = false })
end

-- Ends a job without a lease, for a reason that the engine gives.
function ends.give_up(job_id, prev, state, reason, message)
  ends.finish(job_id, rcall("HMGET", base .. job_id, unpack(ends.FIELDS)), nil, prev, state, nil,
    ends.failure(reason, message), message)
end

-- As ends.give_up, for a job that the script's reply does not name elsewhere.
function ends.give_up_other(job_id, prev, state, reason, message)
  ends.give_up(job_id, prev, state, reason, message)
  local others = ends.others
  local n = #others
  others[n + 1], others[n + 2], others[n + 3], others[n + 4] = job_id, state, ends.identity(job_id)
end

-- Writes what the ends of jobs mean for their groups, and records the ends that somebody wants to hear of.
function ends.flush()
  groups.flush(ends.give_up_other)
  outbox.flush(groups.ends)
  groups.ends = {}
end

-- What a script's reply says of other ends (jobs/other-ends.ts): per job that ended without being named elsewhere job_id,
-- state, identity; per group that finished id, state. Scripts call it after ends.flush.
function ends.report()
  return { ends.others, groups.finished }
end
