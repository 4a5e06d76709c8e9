-- lease: promote what is due, empty the inbox, and take jobs in fair order, each with a lease.
-- KEYS     base
-- ARGV     now_ms, max_events, count, lease_ms, worker_id, all_pools, keep_failed_ms; per pool: pool
-- RETURNS  {"OK", next_due_ms | "", {job_id, token, job hash as a flat list}…}
-- REPEAT   safe, but not the same: a lost reply's leases run out and are reaped
-- TOUCHES  meta (hash), active (list), events (stream), mr:leases (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "lib/lanes"
--- @include "lib/signals"
--- @include "lib/delayed"
--- @include "lib/jobs"

local now_ms = tonumber(ARGV[1])
local max_events = ARGV[2]
local count = tonumber(ARGV[3])
local lease_ms = tonumber(ARGV[4])
local worker_id = ARGV[5]
local all_pools = ARGV[6] == "1"
local keep_failed_ms = tonumber(ARGV[7])
local pools = {}
for at = 7, #ARGV - 1 do
  local pool = ARGV[at + 1]
  pools[pool] = true
end

-- Bounds on what one call moves; the rest follows with the next, or by the promoter.
local PROMOTE, INBOX = 200, 1000

local now_text = string.format("%.0f", now_ms)
local expires_text = string.format("%.0f", now_ms + lease_ms)

local function outlived(fields)
  if fields.dl and tonumber(fields.dl) <= now_ms then return "DEADLINE_EXCEEDED", "not finished by its deadline" end
  if fields.exp and tonumber(fields.exp) <= now_ms and (tonumber(fields.atm) or 0) == 0 then
    return "NOT_STARTED_IN_TIME", "not started by its latest start"
  end
end

delayed.promote(now_ms, PROMOTE, max_events)
lanes.inbox(INBOX)

local meta = rcall("HMGET", base .. "meta", "paused", "concurrency")
if meta[1] then count = 0 end
if meta[2] then count = math.min(count, tonumber(meta[2]) - rcall("LLEN", base .. "active")) end

local reply = { "OK", "" }
local active, leases = {}, {}

-- Plain BullMQ jobs (band 0) are left to BullMQ's workers.
local function serves(band, pool)
  return band ~= "0" and (all_pools or pool == "" or pools[pool] == true)
end

local function accept(job_id)
  local job_key = base .. job_id
  local hash = rcall("HGETALL", job_key)
  -- Removed by something that knows nothing of lanes.
  if #hash == 0 then return false end
  local fields = {}
  for i = 1, #hash, 2 do fields[hash[i]] = hash[i + 1] end
  local reason, message = outlived(fields)
  if reason then
    jobs.finish(job_id, { now_ms = now_ms, max_events = max_events, prev = "waiting", state = "EXPIRED",
      failure = cjson.encode({ reason = reason, message = message, retryable = false }),
      message = message, keep_succeeded_ms = 0, keep_failed_ms = keep_failed_ms })
    return false
  end
  local token = string.format("%.0f", (tonumber(fields.ats) or 0) + 1)
  rcall("HSET", job_key, "ats", token, "processedOn", now_text, "pb", worker_id)
  rcall("SET", job_key .. ":lock", token, "PX", lease_ms)
  rcall("XADD", base .. "events", "MAXLEN", "~", max_events, "*", "event", "active", "jobId", job_id,
    "prev", "waiting")
  if tonumber(fields.oq or 0) > 0 then
    -- An earlier attempt left output: readers are told to forget it.
    local offset = tonumber(fields.oo)
    rcall("XADD", job_key .. ":output", string.format("%.0f-0", offset + 1), "k", "r",
      "a", string.format("%.0f", (tonumber(fields.atm) or 0) + 1), "t", now_text, "b", "")
    rcall("HSET", job_key, "oo", string.format("%.0f", offset + 1), "oq", "0", "ob", "0",
      "op", string.format("%.0f", tonumber(fields.op or 0) + tonumber(fields.ob)), "or", fields.oo)
    signals.add("o" .. job_id .. " " .. string.format("%.0f", offset + 1))
  end
  active[#active + 1] = job_id
  leases[#leases + 1] = expires_text
  leases[#leases + 1] = job_id
  signals.add("s" .. job_id .. " RUNNING")
  reply[#reply + 1] = { job_id, token, hash }
  return true
end

if count > 0 then lanes.take(count, serves, accept) end
if #active > 0 then
  for from = 1, #active, 1000 do
    local to = math.min(from + 999, #active)
    rcall("LPUSH", base .. "active", unpack(active, from, to))
    rcall("ZADD", base .. "mr:leases", unpack(leases, from * 2 - 1, to * 2))
  end
end
local next_due_ms = delayed.next_due()
if next_due_ms then reply[2] = string.format("%.0f", next_due_ms) end
lanes.flush()
signals.publish()
return reply
