-- settle: end attempts; each job's new state and all that follows from it, or nothing.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_succeeded_ms, keep_failed_ms; per settlement: id, token, kind,
--          state, body, message, delay_ms, counts_attempt, usage
-- RETURNS  per settlement {"SETTLED", state} | {"REPEATED", state} | {"LEASE_LOST"}
-- REPEAT   safe: REPEATED if this token ended the job, else LEASE_LOST
-- TOUCHES  stalled (set), events (stream), marker (zset), meta (hash), wait (list), prioritized (zset), active (list),
--          mr:depth (hash)
--
-- kind is complete, fail, retry or release; body the result, or the failure (JSON); usage
-- "input,output,calls". A job that is to run again but whose cancel was asked for is CANCELLED.
local base = KEYS[1]
local rcall = redis.call
--- @include "lib/lanes"
--- @include "lib/signals"
--- @include "lib/delayed"
--- @include "lib/jobs"
--- @include "lib/leases"

local now_ms = tonumber(ARGV[1])
local max_events = ARGV[2]
local keep_succeeded_ms = tonumber(ARGV[3])
local keep_failed_ms = tonumber(ARGV[4])

local function add_usage(before, more)
  if not before then return more end
  local a, b, c = string.match(before, "^(%d+),(%d+),(%d+)$")
  local x, y, z = string.match(more, "^(%d+),(%d+),(%d+)$")
  return string.format("%.0f,%.0f,%.0f", a + x, b + y, c + z)
end

local function settle(at)
  local id = ARGV[at + 1]
  local token = ARGV[at + 2]
  local kind = ARGV[at + 3]
  local state = ARGV[at + 4]
  local body = ARGV[at + 5]
  local message = ARGV[at + 6]
  local delay_ms = tonumber(ARGV[at + 7])
  local counts_attempt = ARGV[at + 8] == "1"
  local usage = ARGV[at + 9]

  local job_key = base .. id
  local fields = rcall("HMGET", job_key, "ats", "finishedOn", "fin", "end", "cancel", "use", "lane", "priority")
  if fields[1] ~= token then return { "LEASE_LOST" } end
  if fields[2] and fields[3] == token then return { "REPEATED", fields[4] } end
  if not leases.drop(id) then return { "LEASE_LOST" } end
  rcall("SREM", base .. "stalled", id)
  if usage ~= "" then rcall("HSET", job_key, "use", add_usage(fields[6], usage)) end

  local done = { now_ms = now_ms, max_events = max_events, prev = "active", token = token,
    keep_succeeded_ms = keep_succeeded_ms, keep_failed_ms = keep_failed_ms }
  if kind == "complete" then
    done.result = body
    return { "SETTLED", jobs.finish(id, done) }
  end
  if kind == "fail" then
    done.state, done.failure, done.message = state, body, message
    return { "SETTLED", jobs.finish(id, done) }
  end
  if fields[5] then
    done.state, done.message = "CANCELLED", fields[5]
    done.failure = cjson.encode({ reason = "CANCELLED", message = fields[5], retryable = false })
    return { "SETTLED", jobs.finish(id, done) }
  end

  if kind == "retry" then
    rcall("HSET", job_key, "fail", body, "failedReason", message)
    if counts_attempt then rcall("HINCRBY", job_key, "atm", 1) end
    if delay_ms > 0 then
      rcall("HSET", job_key, "delay", string.format("%.0f", delay_ms))
      delayed.add(id, now_ms + delay_ms, max_events)
      signals.add("s" .. id .. " SCHEDULED")
      return { "SETTLED", "SCHEDULED" }
    end
  end
  local lane, priority = fields[7], tonumber(fields[8]) or 0
  if not lane then lane = lanes.find(id) end
  lanes.put(lane, id, priority, not (kind == "retry" and counts_attempt))
  rcall("XADD", base .. "events", "MAXLEN", "~", max_events, "*", "event", "waiting", "jobId", id, "prev", "active")
  signals.add("s" .. id .. " QUEUED")
  signals.work()
  return { "SETTLED", "QUEUED" }
end

local replies = {}
local ended = false
for at = 4, #ARGV - 1, 9 do
  local reply = settle(at)
  if reply[1] == "SETTLED" then ended = true end
  replies[#replies + 1] = reply
end
lanes.flush()
if signals.has_work then
  if rcall("HEXISTS", base .. "meta", "paused") == 0 then rcall("ZADD", base .. "marker", 0, "0") end
elseif ended and rcall("HEXISTS", base .. "mr:depth", "*") == 0
  and rcall("EXISTS", base .. "wait", base .. "prioritized", base .. "active") == 0 then
  rcall("XADD", base .. "events", "MAXLEN", "~", max_events, "*", "event", "drained")
end
signals.publish()
return replies
