-- settle: end attempts; each job's new state and all that follows from it, or nothing.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_succeeded_ms, keep_failed_ms, max_bounces; per settlement: id, token, kind, body, usage
-- RETURNS  per settlement, two words: "SETTLED", state | "REPEATED", state | "LEASE_LOST", ""
-- REPEAT   safe: REPEATED if this token ended the job, else LEASE_LOST
-- TOUCHES  events (stream), marker (zset), meta (hash), wait (list), prioritized (zset), active (list), mr:depth (hash)
--
-- kind is "complete", with the result as body; "fail STATE", "retry delay_ms counts_attempt" and "bounce
-- delay_ms" (its provider refused it for load: no attempt is spent), with the failure (JSON); or "release". usage is "" or "input,output,calls". A job that is to run again but whose
-- cancel was asked for is CANCELLED. What was reserved is settled to the tokens of the usage; without one
-- it counts as spent, unless the attempt is not counted: then the provider was never reached. The bounce
-- after max_bounces spends an attempt.
local base = KEYS[1]
local rcall = redis.call
local now_ms = tonumber(ARGV[1])
local now_text = ARGV[1]
local max_events = tonumber(ARGV[2])
local keep_succeeded_ms = tonumber(ARGV[3])
local keep_failed_ms = tonumber(ARGV[4])
local max_bounces = tonumber(ARGV[5])
--- @include "lib/lanes"
--- @include "lib/events"
--- @include "lib/signals"
--- @include "lib/later"
--- @include "lib/delayed"
--- @include "lib/budgets"
--- @include "lib/slices"
--- @include "lib/ends"
--- @include "lib/history"

local function add_usage(before, more)
  if not before then return more end
  local a, b, c = string.match(before, "^(%d+),(%d+),(%d+)$")
  local x, y, z = string.match(more, "^(%d+),(%d+),(%d+)$")
  return string.format("%.0f,%.0f,%.0f", a + x, b + y, c + z)
end

-- What reached no provider is given back; what a provider refused is given back to the key, and counts
-- as a request of the account.
local function settle_reservation(id, rsv, acs, kind, usage)
  local input, output = string.match(usage, "^(%d+),(%d+),")
  local spent = input and input + output
  local key = lanes.key_of(id)
  if spent and spent > 0 then budgets.learn(key, spent) end
  local ended = kind == "complete"
  local bounced = not ended and string.find(kind, "^bounce")
  local back = not ended and (bounced or kind == "release" or string.find(kind, "^retry %d+ 0$")) and true
  local unspent = back and not spent
  if rsv then budgets.settle(key, rsv, spent, unspent, not back) end
  if acs then
    slices.settle(id, acs, bounced and (spent or 0) or spent, unspent and not bounced, ended)
  end
end

local function settle(at)
  local id = ARGV[at + 1]
  local token = ARGV[at + 2]
  local kind = ARGV[at + 3]
  local body = ARGV[at + 4]
  local usage = ARGV[at + 5]

  local job_key = base .. id
  -- The first seven are ends.FIELDS.
  local fields = rcall("HMGET", job_key, "ats", "atm", "oo", "ik", "exp", "dl", "keep", "finishedOn", "cancel", "rsv", "acs", "use")
  if fields[1] ~= token then return "LEASE_LOST", "" end
  if fields[8] then
    local ended_by, state = string.match(rcall("HGET", job_key, "fin") or "", "^(%d+) (%u+)$")
    if ended_by == token then return "REPEATED", state end
  end
  if not ends.drop_lease(id) then return "LEASE_LOST", "" end
  local rsv, acs, beside = fields[10], fields[11], {}
  if rsv == "" then rsv = nil end
  if acs == "" then acs = nil end
  if rsv or acs or usage ~= "" then settle_reservation(id, rsv, acs, kind, usage) end
  if rsv then beside[1], beside[2] = "rsv", "" end
  if acs then beside[#beside + 1], beside[#beside + 2] = "acs", "" end
  if usage ~= "" then beside[#beside + 1], beside[#beside + 2] = "use", add_usage(fields[12], usage) end

  if kind == "complete" then
    ends.finish(id, fields, token, "active", "SUCCEEDED", body, nil, nil, beside)
    return "SETTLED", "SUCCEEDED"
  end
  local state, message = string.match(kind, "^fail (%u+)$"), nil
  if state or string.find(kind, "^retry %d+ 1$") then history.note(id, body, usage) end
  if state then
    message = cjson.decode(body).message
  elseif fields[9] then
    state, message = "CANCELLED", fields[9]
    body = cjson.encode({ reason = "CANCELLED", message = message, retryable = false })
  end
  if state then
    ends.finish(id, fields, token, "active", state, nil, body, message, beside)
    return "SETTLED", state
  end

  local delay_ms, counts_attempt = string.match(kind, "^retry (%d+) ([01])$")
  if not delay_ms then
    delay_ms = string.match(kind, "^bounce (%d+)$")
    if delay_ms and rcall("HINCRBY", job_key, "bnc", 1) % (max_bounces + 1) == 0 then
      counts_attempt = "1"
      history.note(id, body, usage)
      local attempts = tonumber(cjson.decode(rcall("HGET", job_key, "opts")).attempts) or 1
      if tonumber(fields[2] or 0) + 1 >= attempts then
        ends.finish(id, fields, token, "active", "FAILED", nil, body, cjson.decode(body).message, beside)
        return "SETTLED", "FAILED"
      end
    end
  end
  if delay_ms then
    rcall("HSET", job_key, "fail", body, "failedReason", cjson.decode(body).message, "due", now_ms + delay_ms,
      unpack(beside))
    if counts_attempt == "1" then rcall("HINCRBY", job_key, "atm", 1) end
    if tonumber(delay_ms) > 0 then
      rcall("HSET", job_key, "delay", delay_ms)
      delayed.add(id, now_ms + delay_ms)
      signals.add("s SCHEDULED", id)
      return "SETTLED", "SCHEDULED"
    end
  end
  if not delay_ms then rcall("HSET", job_key, "due", now_text, unpack(beside)) end
  local lane, priority = lanes.find(id)
  lanes.put(lane, id, priority or 0, counts_attempt ~= "1")
  events.add("waiting", id, "prev", "active")
  signals.add("s QUEUED", id)
  signals.work()
  return "SETTLED", "QUEUED"
end

local replies = {}
for at = 5, #ARGV - 1, 5 do
  local n = #replies
  replies[n + 1], replies[n + 2] = settle(at)
end
lanes.flush()
later.flush()
budgets.flush()
slices.flush()
local meta = rcall("HMGET", base .. "meta", "paused", "concurrency")
-- Under BullMQ's limit for the whole queue, whatever ends makes room.
if meta[2] then signals.work() end
if signals.lines.w then
  if not meta[1] then rcall("ZADD", base .. "marker", 0, "0") end
elseif events.added and rcall("EXISTS", base .. "wait", base .. "prioritized", base .. "active") == 0
  and rcall("HEXISTS", base .. "mr:depth", "*") == 0 then
  rcall("XADD", base .. "events", "*", "event", "drained")
end
events.flush()
signals.publish()
return replies
