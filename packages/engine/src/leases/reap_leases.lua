-- reap_leases: take back leases that have expired, and end waiting jobs whose latest start or deadline has passed.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_failed_ms, max_stalls, limit
-- RETURNS  {more, other_ends (see ends.report), {job_id, "requeued" | "failed" | "cancelled" | "expired", "active" if it lost its worker, worker_id,
--          attempt, identity (see ends)}…}, worker_id and attempt of the lease that expired, else ""
-- REPEAT   safe
-- TOUCHES  mr:leases (zset), mr:expiry (zset), marker (zset), meta (hash)
--
-- The job of a lost lease returns to the head of its lane. It ends instead if that was its last attempt, if it is past
-- its deadline, or if its cancellation was requested. jobs/lib/attempts decides which attempt is the last, and which job
-- is a suspect from then on.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_failed_ms = numbers.given(ARGV[3], "keep_failed_ms")
local max_stalls = numbers.given(ARGV[4], "max_stalls")
local limit = numbers.given(ARGV[5], "limit")
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/waiting"
--- @include "jobs/lib/jobs"
--- @include "budgets/lib/budgets"
--- @include "accounts/lib/slices"
--- @include "accounts/lib/reservations"
--- @include "jobs/lib/ends"
--- @include "jobs/lib/history"

-- The scheduler stops a running job that is past its deadline. This script checks such a job again after this time.
local LOOK_AGAIN_MS = 5000
local LATE = "not finished by its deadline"
local LOST = cjson.encode({ reason = "STALLED", message = "lost its worker", retryable = true })

-- Why a job ends with a lost worker, by the reason why that was its last attempt.
local LAST = {
  unreadable = { "UNREADABLE", "lost its worker, and its stored field opts cannot be read" },
  stalls = { "STALLED", "lost its worker %.0f times" },
  attempts = { "STALLED", "lost its worker on its last attempt" },
}

local reply = { 0, false }

-- `lost` is the worker and the attempt of a lease that expired, nil for a job that waited.
local function add_reply(job_id, prev, outcome, lost)
  lost = lost or {}
  reply[#reply + 1] = { job_id, outcome, prev, lost.worker or "", lost.attempt or "", ends.identity(job_id) }
end

local function finish(job_id, prev, outcome, state, reason, message, lost)
  ends.give_up(job_id, prev, state, reason, message)
  add_reply(job_id, prev, outcome, lost)
end

local function reap(job_id)
  if not ends.drop_lease(job_id) then
    -- BullMQ's stalled check came first, and moved the job to the inbox.
    rcall("ZREM", base .. "mr:leases", job_id)
    return
  end
  local job_key = base .. job_id
  local options, before, cancel_reason, deadline_ms, rsv, acs, worker = unpack(rcall("HMGET", job_key, F.bull_options, F.attempts_spent,
    F.cancel_reason, F.deadline_ms, F.key_reservation, F.account_reservation, F.worker_id))
  if not options then return end
  local lost = { worker = worker, attempt = string.format("%.0f", (numbers.whole(before) or 0) + 1) }
  -- Nobody reports what a dead attempt spent, so it counts as what was reserved.
  reservations.settle_lost(job_id, rsv, acs)
  local stalls = numbers.add_field(job_key, F.stalls, 1)
  events.add("stalled", job_id)
  history.note(job_id, LOST, "")
  local spent, last, suspect = attempts.after("lost", { key = job_key, options = options,
    spent = numbers.whole(before) or 0, stalls = stalls, max_stalls = max_stalls })
  if cancel_reason then
    finish(job_id, "active", "cancelled", "CANCELLED", "CANCELLED", cancel_reason, lost)
  elseif (numbers.whole(deadline_ms) or math.huge) <= now_ms then
    finish(job_id, "active", "expired", "EXPIRED", "DEADLINE_EXCEEDED", LATE, lost)
  elseif last then
    finish(job_id, "active", "failed", "FAILED", LAST[last][1], string.format(LAST[last][2], stalls), lost)
  else
    rcall("HSET", job_key, F.attempts_spent, spent, F.failure_message, "lost its worker",
      F.failure, LOST, F.due_ms, now_text, F.last_end, now_text .. " lost")
    if suspect then rcall("HSET", job_key, F.suspect, 1) end
    local lane, priority = lanes.find(job_id)
    lanes.put(lane, job_id, priority or 0, true)
    events.add("waiting", job_id, "prev", "active")
    signals.add("s QUEUED", job_id)
    signals.work()
    add_reply(job_id, "active", "requeued", lost)
  end
end

local function expire(job_id)
  local fields = rcall("HMGET", base .. job_id, F.deadline_ms, F.attempts_spent)
  local state = jobs.state(job_id)
  local deadline = numbers.whole(fields[1]) or math.huge
  if state == "RUNNING" and deadline < math.huge then
    rcall("ZADD", base .. "mr:expiry", math.max(deadline, now_ms + LOOK_AGAIN_MS), job_id)
    return
  end
  rcall("ZREM", base .. "mr:expiry", job_id)
  local prev = waiting.PLACES[state]
  if not prev then return end
  if deadline > now_ms and (numbers.whole(fields[2]) or 0) > 0 then
    -- The job started in time, so only the deadline counts now.
    if deadline < math.huge then rcall("ZADD", base .. "mr:expiry", deadline, job_id) end
    return
  end
  waiting.take_out(job_id)
  if deadline <= now_ms then
    finish(job_id, prev, "expired", "EXPIRED", "DEADLINE_EXCEEDED", LATE)
  else
    finish(job_id, prev, "expired", "EXPIRED", "NOT_STARTED_IN_TIME", "not started by its latest start")
  end
end

local function due(set)
  return rcall("ZRANGEBYSCORE", base .. set, "-inf", now_ms, "LIMIT", 0, limit)
end

local lapsed = due("mr:leases")
for _, job_id in ipairs(lapsed) do reap(job_id) end
-- A job that was just taken back must no longer count as running.
later.flush()
local outlived = due("mr:expiry")
for _, job_id in ipairs(outlived) do expire(job_id) end
if #lapsed == limit or #outlived == limit then reply[1] = 1 end

ends.flush()
lanes.flush()
later.flush()
stored.flush()
budgets.flush()
slices.flush()
if signals.lines.w and rcall("HEXISTS", base .. "meta", F.meta_paused) == 0 then
  rcall("ZADD", base .. "marker", 0, "0")
end
events.flush()
signals.publish()
reply[2] = ends.report()
return reply
