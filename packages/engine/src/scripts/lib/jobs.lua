-- jobs: a job's state, and its end.
--
-- A job's hash is BullMQ's (name, data, opts, timestamp, delay, priority, processedOn, pb, ats, atm,
-- stc, finishedOn, returnvalue, failedReason) with Millrace's fields beside them:
--   lane  its lane                     spec  what else was submitted, JSON
--   exp   latest start, ms             dl    latest finish, ms
--   ik    "window_ms:idempotency key"  keep  retention of its own, ms
--   end   final state                  fin   `ats` when it ended: `end` holds while they are equal
--   fail  last failure, JSON           use   usage, "input,output,calls"
--   cancel  why, once asked for        oo, oq, ob, op, or  output: see append.lua
--
-- Needs `base`, `rcall` and `signals`.
-- TOUCHES  completed (zset), failed (zset), delayed (zset), mr:leases (zset), active (list), events (stream),
--          mr:idem: (string), mr:expiry (zset), mr:retain (zset)
local jobs = {}

-- The longest value that an event repeats. The stream outlives what it tells of.
local EVENT_VALUE_BYTES = 1024

-- Where a job is, or nil if there is none.
function jobs.state(job_id)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, "timestamp", "finishedOn", "end", "fin", "ats")
  if not fields[1] then return nil end
  if fields[2] then
    if fields[3] and fields[4] == (fields[5] or "0") then return fields[3] end
    if rcall("ZSCORE", base .. "completed", job_id) then return "SUCCEEDED" end
    return "FAILED"
  end
  if rcall("ZSCORE", base .. "mr:leases", job_id) then return "RUNNING" end
  if rcall("ZSCORE", base .. "delayed", job_id) then return "SCHEDULED" end
  -- Leased by a BullMQ worker, which keeps no lease of ours.
  if fields[5] and rcall("EXISTS", job_key .. ":lock") == 1 and rcall("LPOS", base .. "active", job_id) then
    return "RUNNING"
  end
  return "QUEUED"
end

-- Writes the final state of a job that its caller has just taken out of where it was. `done` holds
-- now_ms, max_events, prev, and result, or state, failure (JSON) and message; `token` of the lease
-- that ended it: without one, `ats` rises, so that no lease that was before counts as having ended it.
-- keep_succeeded_ms and keep_failed_ms bound how long output stays.
function jobs.finish(job_id, done)
  local job_key = base .. job_id
  local now_text = string.format("%.0f", done.now_ms)
  local fields = rcall("HMGET", job_key, "ik", "exp", "dl", "oo", "keep", "ats", "atm")
  local state = done.result and "SUCCEEDED" or done.state
  local token = done.token or string.format("%.0f", (tonumber(fields[6]) or 0) + 1)
  local attempts = (tonumber(fields[7]) or 0) + (done.prev == "active" and 1 or 0)
  local set, event, property, value
  if done.result then
    set, event, property, value = "completed", "completed", "returnvalue", done.result
    rcall("HSET", job_key, "returnvalue", value, "finishedOn", now_text, "end", state, "fin", token,
      "ats", token, "atm", attempts)
    if #value > EVENT_VALUE_BYTES then value = "null" end
  else
    set, event, property, value = "failed", "failed", "failedReason", done.message
    rcall("HSET", job_key, "failedReason", value, "finishedOn", now_text, "end", state, "fin", token,
      "ats", token, "atm", attempts, "fail", done.failure)
    value = string.sub(value, 1, EVENT_VALUE_BYTES)
  end
  rcall("ZADD", base .. set, now_text, job_id)
  rcall("XADD", base .. "events", "MAXLEN", "~", done.max_events, "*", "event", event, "jobId", job_id,
    property, value, "prev", done.prev)
  signals.add("f" .. job_id .. " " .. state)

  local keep = done.result and done.keep_succeeded_ms or done.keep_failed_ms
  if fields[5] then
    keep = math.min(keep, tonumber(fields[5]))
    rcall("ZADD", base .. "mr:retain", string.format("%.0f", done.now_ms + keep), job_id)
  end
  if fields[4] then rcall("PEXPIRE", job_key .. ":output", string.format("%.0f", math.max(keep, 1))) end
  if fields[2] or fields[3] then rcall("ZREM", base .. "mr:expiry", job_id) end
  if fields[1] then
    local window, key = string.match(fields[1], "^(%d+):(.*)$")
    local idem = base .. "mr:idem:" .. lanes.key_of(job_id) .. ":" .. key
    local hash, _, owner = string.match(rcall("GET", idem) or "", "^(%S*) (%S+) (%S+)$")
    if owner == job_id then
      if tonumber(window) > 0 then
        rcall("SET", idem, hash .. " " .. state .. " " .. job_id, "PX", window)
      else
        rcall("DEL", idem)
      end
    end
  end
  return state
end

-- Removes a job that ended, with all that belongs to it. Its idempotency key lives on by its own clock.
function jobs.erase(job_id)
  local job_key = base .. job_id
  rcall("DEL", job_key, job_key .. ":lock", job_key .. ":output", job_key .. ":logs",
    job_key .. ":dependencies", job_key .. ":processed", job_key .. ":failed", job_key .. ":unsuccessful")
  local key, ulid = string.match(job_id, "^[^~]+~([^~]+)~(%w+)$")
  if key then rcall("ZREM", base .. "mr:index:" .. key, ulid) end
end
