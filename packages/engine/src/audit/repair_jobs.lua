-- repair_jobs: repair what is provably wrong with jobs. A stored job that is in no place returns to its lane, or to the
-- ended jobs. A reservation of a job that does not run is settled.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_succeeded_ms, keep_failed_ms; per job: id
-- RETURNS  per job {type, traceparent, word…}, a word for each repair: "QUEUED" | "WAITING" | "ENDED" | "CANCELLED": the job was in no
--          place | "SETTLED": it held a reservation | "UNLOCKED" | "LEASED": its lease had no expiry | "LISTED": it was missing
--          from the list of its key's jobs | "FORGOTTEN": it was in a place or a list, but not stored
-- REPEAT   safe: what is right stays as it is
-- TOUCHES  active (list), delayed (zset), completed (zset), failed (zset), wait (list), prioritized (zset), stalled (set),
--          waiting-children (zset), mr:leases (zset), mr:expiry (zset), mr:index: (zset), mr:lane: (zset),
--          mr:retain (zset), mr:classes (set), mr:held-classes: (set), marker (zset), meta (hash)
--
-- The script checks everything again, because nothing moves while it runs. A job that was moving when the audit saw it is right.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_succeeded_ms = numbers.given(ARGV[3], "keep_succeeded_ms")
local keep_failed_ms = numbers.given(ARGV[4], "keep_failed_ms")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/waiting"
--- @include "budgets/lib/budgets"
--- @include "accounts/lib/slices"
--- @include "accounts/lib/reservations"
--- @include "jobs/lib/ends"

-- The active jobs, read once in a call, when a job first needs them. Most jobs do not.
local active
local function runs(id)
  if not active then
    active = {}
    for _, job_id in ipairs(rcall("LRANGE", base .. "active", 0, -1)) do active[job_id] = true end
  end
  return active[id] == true
end

local function in_other_lane(id, key)
  for _, set in ipairs({ "mr:classes", "mr:held-classes:" .. key }) do
    for _, class in ipairs(rcall("SMEMBERS", base .. set)) do
      if rcall("ZSCORE", base .. "mr:lane:" .. key .. "|" .. class, id) then return true end
    end
  end
  return false
end

local function in_set(id, ...)
  for _, set in ipairs({ ... }) do
    if rcall("ZSCORE", base .. set, id) then return true end
  end
  return false
end

-- Whether the job is in any place other than among the active jobs. The usual places are checked first.
local function waits_or_ended(id, key, ended)
  if ended and in_set(id, "completed", "failed") then return true end
  return rcall("ZSCORE", base .. "mr:lane:" .. lanes.find(id), id) or in_set(id, "delayed") or not runs(id)
    and (in_set(id, "completed", "failed", "prioritized", "waiting-children") or rcall("LPOS", base .. "wait", id)
      or in_other_lane(id, key)) or false
end

-- Puts back a job that is in no place: to the ended jobs, if the job says how it ended.
local function put_back(id, fields)
  rcall("ZREM", base .. "mr:leases", id)
  rcall("SREM", base .. "stalled", id)
  rcall("DEL", base .. id .. ":lock")
  local ended_by, state = string.match(fields[6] or "", "^(%d+) (%u+)$")
  if fields[2] and ended_by == fields[7] then
    local ended_ms = numbers.whole(fields[2]) or now_ms
    rcall("ZADD", base .. (state == "SUCCEEDED" and "completed" or "failed"), ended_ms, id)
    local keep_ms = numbers.whole(fields[10])
    if keep_ms then rcall("ZADD", base .. "mr:retain", ended_ms + keep_ms, id) end
    rcall("ZREM", base .. "mr:expiry", id)
    -- The script that ended the job was cut short, and may not have recorded the end. A repeated entry makes no new event.
    local body = state == "SUCCEEDED" and F.result or F.failure
    local ended = rcall("HMGET", base .. id, F.attempts_spent, body, F.callback)
    outbox.note(id, state, ended_by, ended[1] or "0", ended[2] or "", ended[3])
    return "ENDED"
  end
  if fields[2] then rcall("HDEL", base .. id, F.finished_ms) end
  if fields[5] then
    ends.give_up(id, "waiting", "CANCELLED", "CANCELLED", fields[5])
    return "CANCELLED"
  end
  rcall("HSET", base .. id, F.due_ms, now_text, F.last_end, now_text .. " lost")
  local group = groups.get(string.match(fields[11] or "", "(%S+)$") or "")
  if group and group.kind == "finalizer" and not groups.FINAL[group.state] then
    rcall("ZADD", base .. "waiting-children", now_text, id)
    stored.defer(id, 1)
    return "WAITING"
  end
  local expires_ms = math.min(numbers.whole(fields[8]) or math.huge, numbers.whole(fields[9]) or math.huge)
  if expires_ms < math.huge then rcall("ZADD", base .. "mr:expiry", expires_ms, id) end
  local lane, priority = lanes.find(id)
  lanes.put(lane, id, priority or 0, true)
  events.add("waiting", id)
  signals.add("s QUEUED", id)
  signals.work()
  return "QUEUED"
end

-- Another program has deleted the job, so its entries are removed.
local function forget(id, key, ulid)
  waiting.take_out(id)
  local gone = rcall("LREM", base .. "active", 1, id)
  for _, set in ipairs({ "completed", "failed", "mr:leases", "mr:expiry", "mr:retain" }) do
    gone = gone + rcall("ZREM", base .. set, id)
  end
  return gone + rcall("ZREM", base .. "mr:index:" .. key, ulid) > 0
end

local function repair(at)
  local id = ARGV[at + 1]
  local key, ulid = string.match(id, "^[a-z][a-z0-9-]*~([a-z0-9]+)~(%w+)$")
  if not key then return { "", "" } end
  local job_key, words = base .. id, { "", "" }
  local fields = rcall("HMGET", job_key, F.submitted_ms, F.finished_ms, F.key_reservation, F.account_reservation, F.cancel_reason, F.ended_by, F.attempts_started, F.latest_start_ms, F.deadline_ms, F.keep_ms, F.child_groups)
  if not fields[1] then
    if rcall("EXISTS", job_key) == 0 and forget(id, key, ulid) then words[3] = "FORGOTTEN" end
    return words
  end
  local placed = waits_or_ended(id, key, fields[2])
  local running = not placed and runs(id)
  if not running and ((fields[3] or "") ~= "" or (fields[4] or "") ~= "") then
    reservations.settle_lost(id, fields[3], fields[4])
    words[#words + 1] = "SETTLED"
  end
  if not placed and not running then
    words[#words + 1] = put_back(id, fields)
  elseif running then
    local lock = rcall("GET", job_key .. ":lock")
    -- A job that a plain BullMQ worker runs has no entry in mr:leases.
    if not rcall("ZSCORE", base .. "mr:leases", id) and (not lock or string.find(lock, "^%d+$")) then
      rcall("ZADD", base .. "mr:leases", now_ms + math.max(0, rcall("PTTL", job_key .. ":lock")), id)
      words[#words + 1] = "LEASED"
    end
  elseif not runs(id) and rcall("DEL", job_key .. ":lock") == 1 then
    words[#words + 1] = "UNLOCKED"
  end
  if rcall("ZADD", base .. "mr:index:" .. key, 0, ulid) == 1 then words[#words + 1] = "LISTED" end
  if placed and fields[2] and rcall("ZREM", base .. "mr:expiry", id) == 1 then words[#words + 1] = "ENDED" end
  if #words > 2 then words[1], words[2] = ends.identity(id) end
  return words
end

local replies = {}
for at = 4, #ARGV - 1 do replies[#replies + 1] = repair(at) end
ends.flush()
lanes.flush()
later.flush()
budgets.flush()
slices.flush()
stored.flush()
if signals.lines.w and rcall("HEXISTS", base .. "meta", F.meta_paused) == 0 then
  rcall("ZADD", base .. "marker", 0, "0")
end
events.flush()
signals.publish()
return replies
