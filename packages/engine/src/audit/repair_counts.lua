-- repair_counts: count again what a shard counts, and repair lanes that no lease would serve.
-- KEYS     base
-- ARGV     now_ms; per subject: kind, name
-- RETURNS  per subject {"REPAIRED", before, after} | {"REPAIRED", "", ""}: only related values were wrong | {"RIGHT"}
-- REPEAT   safe: what is right stays as it is
-- TOUCHES  active (list), mr:slice: (hash), mr:lane: (zset), mr:ready: (zset), mr:held (zset), mr:held-classes: (set),
--          mr:classes (set), mr:use: (hash), mr:stored (hash), mr:index: (zset), mr:dead (zset),
--          delayed (zset), waiting-children (zset), mr:group: (hash), mr:groups (zset), mr:group-index: (zset),
--          mr:schedule: (hash), mr:schedules (zset), mr:schedule-index: (zset), mr:outbox (stream), mr:outbox-aside: (stream),
--          mr:outbox-aside (zset)
--
-- kind is "key" (the running jobs and the windows of an API key), "pool" (the running jobs of a provider account), "depth"
-- (the jobs in all lanes), "lane", "class", "stored" (a field of mr:stored), "group" (the children of a group), "schedule" or
-- "outbox" (a list of entries that were set aside). The script reads every active job, every
-- lane, or every job of a key, so it is only for what an audit has found.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
--- @include "lanes/lib/lanes"
--- @include "lanes/lib/lane_reads"
--- @include "signals/lib/signals"
--- @include "budgets/lib/budgets"
--- @include "accounts/lib/slices"
--- @include "budgets/lib/window_sums"
--- @include "jobs/lib/stored"
--- @include "jobs/lib/dead"

-- How many active jobs hold reservations, by key, and by generation and pool.
local function charged_key(rsv)
  --- @record key_reservation rsv
  local in_pool = lane and string.sub(day, -1) == "p" and string.match(lane, "^[^|]*|%d|([^|]*)")
  return lane and minute ~= "-", in_pool
end

local function charged_account(acs)
  --- @record account_reservation acs
  return generation, pool
end

local running
local function count_running()
  if running then return running end
  running = {}
  local function count(name) running[name] = (running[name] or 0) + 1 end
  for _, id in ipairs(rcall("LRANGE", base .. "active", 0, -1)) do
    local fields = rcall("HMGET", base .. id, F.key_reservation, F.account_reservation)
    local charged, in_pool = charged_key(fields[1] or "")
    local key = lanes.key_of(id) or ""
    if charged then count("key " .. key) end
    if in_pool then count("in " .. key .. " " .. in_pool) end
    local generation, pool = charged_account(fields[2] or "")
    if pool then count("pool " .. generation .. " " .. pool) end
  end
  return running
end

local function repaired(before, after)
  if before == after then return { "RIGHT" } end
  return { "REPAIRED", string.format("%.0f", before), string.format("%.0f", after) }
end

local repairs = {}

-- Counts again how many jobs of a key run in each pool. Returns whether any count was wrong.
local function repair_pools(key)
  local counts, wrong, hash = count_running(), false, base .. "mr:use:" .. key
  local fields, seen = rcall("HGETALL", hash), {}
  for i = 1, #fields, 2 do
    local pool = string.match(fields[i], "^" .. F.use_pool .. "(.*)$")
    if pool then seen[pool] = numbers.whole(fields[i + 1]) or 0 end
  end
  for name in pairs(counts) do
    local pool = string.match(name, "^in " .. key .. " (.*)$")
    if pool then seen[pool] = seen[pool] or 0 end
  end
  for pool, counted in pairs(seen) do
    local actual = counts["in " .. key .. " " .. pool] or 0
    if actual ~= counted then
      wrong = true
      if actual > 0 then rcall("HSET", hash, F.use_pool .. pool, actual) else rcall("HDEL", hash, F.use_pool .. pool) end
    end
  end
  return wrong
end

function repairs.key(key)
  local actual = count_running()["key " .. key] or 0
  local pools_repaired = repair_pools(key)
  local windows_repaired = window_sums.repair(base .. "mr:use:" .. key, "qtd")
  local use = budgets.use_of(key)
  local before = use.running
  if before ~= actual then use.running, use.freed = actual, "all" end
  if pools_repaired then use.freed = "all" end
  if before == actual and (windows_repaired or pools_repaired) then return { "REPAIRED", "", "" } end
  return repaired(before, actual)
end

function repairs.pool(pool)
  local slice = slices.for_pool(pool)
  if not slice then return rcall("DEL", base .. "mr:slice:" .. pool) == 1 and { "REPAIRED", "a slice", "none" } or { "RIGHT" } end
  local actual, before = count_running()["pool " .. slice.generation .. " " .. pool] or 0, slice.running
  if before ~= actual then
    slice.running, slice.changed = actual, true
    signals.work()
  end
  return repaired(before, actual)
end

function repairs.depth()
  lanes.flush()
  local all, without = 0, 0
  each_lane(true, function(lane)
    local lane_key = base .. "mr:lane:" .. lane
    local _, class = split(lane)
    all = all + rcall("ZCARD", lane_key)
    without = without + without_priority(lane_key, string.sub(class, 1, 1), run_of(lane))
    return false
  end)
  local before, before_without = lanes.size()
  lanes.count, lanes.without = all - before, without - before_without
  lanes.flush()
  if before == all and before_without ~= without then return { "REPAIRED", "", "" } end
  return repaired(before, all)
end

function repairs.lane(lane)
  if not string.find(lane, "^[^|]+|[0-3]|") then return { "RIGHT" } end
  local key, class = split(lane)
  local has = rcall("EXISTS", base .. "mr:lane:" .. lane) == 1
  local ready = rcall("ZSCORE", base .. "mr:ready:" .. class, key)
  local held = rcall("ZSCORE", base .. "mr:held", lane)
  local of_key = rcall("SISMEMBER", base .. "mr:held-classes:" .. key, class) == 1
  local right = has and (ready and not held and not of_key or held and held ~= "inf" and of_key and not ready)
    or not has and not ready and not held and not of_key
  if right then return { "RIGHT" } end
  unhold(lane, key, class)
  if has and not ready then enter(key, class) end
  if ready and not has then retire(lane, key, class) end
  signals.work()
  return { "REPAIRED", ready and "ready" or held and "held" or "neither", has and "ready" or "gone" }
end

function repairs.class(class)
  local has = rcall("EXISTS", base .. "mr:ready:" .. class) == 1
  local changed = rcall(has and "SADD" or "SREM", base .. "mr:classes", class) == 1
  signals.work()
  return changed and { "REPAIRED", has and "no class" or "a class", has and "a class" or "none" } or { "RIGHT" }
end

-- The most jobs of a key, and the most entries of the outbox, that are read for one key, because Redis serves nothing else meanwhile.
local MOST_JOBS = 50000

-- How many entries of the outbox one command reads.
local ENTRIES_AT_ONCE = 500

-- The bytes that an entry counts for a key: none if it is of another key.
local function entry_bytes(fields, key)
  local owner, counted
  for i = 1, #fields, 2 do
    if fields[i] == F.outbox_key then owner = fields[i + 1] end
    if fields[i] == F.outbox_bytes then counted = numbers.whole(fields[i + 1]) end
  end
  return owner == key and counted or 0
end

-- The bytes of a key's entries of the outbox, or nil if too many entries are in the three streams that may have them.
local function outbox_bytes_of(key)
  local bytes, read, aside = 0, 0, base .. "mr:outbox-aside:"
  for _, stream in ipairs({ base .. "mr:outbox", aside .. key, aside .. F.outbox_unreadable }) do
    local after, entries = "-", nil
    repeat
      entries = rcall("XRANGE", stream, after, "+", "COUNT", ENTRIES_AT_ONCE)
      read = read + #entries
      if read > MOST_JOBS then return nil end
      for _, entry in ipairs(entries) do bytes = bytes + entry_bytes(entry[2], key) end
      if #entries > 0 then after = "(" .. entries[#entries][1] end
    until #entries < ENTRIES_AT_ONCE
  end
  return bytes
end

-- The bytes of a key's jobs, dead letters, groups, schedules and outbox, or nil if they are too many.
local function bytes_of_key(key)
  local ulids, dead_ids = rcall("ZRANGE", base .. "mr:index:" .. key, 0, MOST_JOBS), rcall("ZRANGE", dead.base .. "mr:dead", 0, MOST_JOBS)
  if #ulids > MOST_JOBS or #dead_ids > MOST_JOBS then return nil end
  local queue, bytes = string.match(base, "([^:]+):$"), 0
  for _, ulid in ipairs(ulids) do bytes = bytes + stored.of_job(base .. queue .. "~" .. key .. "~" .. ulid) end
  for _, id in ipairs(dead_ids) do
    if lanes.key_of(id) == key then bytes = bytes + (numbers.whole(rcall("HGET", dead.base .. id, F.job_bytes)) or 0) end
  end
  for _, ulid in ipairs(rcall("ZRANGE", base .. "mr:group-index:" .. key, 0, MOST_JOBS)) do
    bytes = bytes + (numbers.whole(rcall("HGET", base .. "mr:group:" .. queue .. "~" .. key .. "~" .. ulid, F.group_bytes)) or 0)
  end
  for _, name in ipairs(rcall("ZRANGE", base .. "mr:schedule-index:" .. key, 0, MOST_JOBS)) do
    bytes = bytes + (numbers.whole(rcall("HGET", base .. "mr:schedule:" .. queue .. "~" .. key .. "~" .. name, F.schedule_bytes)) or 0)
  end
  local waiting = outbox_bytes_of(key)
  return waiting and bytes + waiting
end

-- How many jobs of a key wait for a time or for other jobs, or nil if too many jobs of all keys do.
local function deferred_of(key)
  local deferred = 0
  for _, set in ipairs({ "delayed", "waiting-children" }) do
    local ids = rcall("ZRANGE", base .. set, 0, MOST_JOBS)
    if #ids > MOST_JOBS then return nil end
    for _, id in ipairs(ids) do
      if lanes.key_of(id) == key then deferred = deferred + 1 end
    end
  end
  return deferred
end

function repairs.stored(field)
  local key, suffix = string.match(field, "^([a-z0-9]+)(:?d?)$")
  if not key then return { "RIGHT" } end
  local actual = suffix == F.stored_deferred and deferred_of(key) or suffix == "" and bytes_of_key(key) or nil
  local counted = numbers.whole(rcall("HGET", base .. "mr:stored", field)) or 0
  if not actual or actual == counted then return { "RIGHT" } end
  if actual == 0 then rcall("HDEL", base .. "mr:stored", field) else rcall("HSET", base .. "mr:stored", field, actual) end
  return repaired(counted, actual)
end

local COUNTERS = { SUCCEEDED = F.group_succeeded, FAILED = F.group_failed, CANCELLED = F.group_cancelled,
  EXPIRED = F.group_expired, REMOVED = F.group_removed, ["-"] = F.group_in_flight }

-- Has a schedule looked at now if it is due, and removes it from the lists if it is not stored. A paused schedule is not due.
function repairs.schedule(id)
  local schedule_key, key, name = base .. "mr:schedule:" .. id, string.match(id, "^[^~]+~([^~]+)~([^~]+)$")
  if not key then return { "RIGHT" } end
  if rcall("EXISTS", schedule_key) == 0 then
    rcall("ZREM", base .. "mr:schedules", id)
    rcall("ZREM", base .. "mr:schedule-index:" .. key, name)
    return { "REPAIRED", "listed", "not listed" }
  end
  rcall("ZADD", base .. "mr:schedule-index:" .. key, 0, name)
  if rcall("HGET", schedule_key, F.schedule_paused) == "1" then
    rcall("HSET", schedule_key, F.schedule_due_ms, "", F.schedule_buffered_ms, "")
  end
  local due, buffered = unpack(rcall("HMGET", schedule_key, F.schedule_due_ms, F.schedule_buffered_ms))
  if (due or "") == "" and (buffered or "") == "" then
    rcall("ZREM", base .. "mr:schedules", id)
    return { "REPAIRED", "looked at", "not due" }
  end
  rcall("ZADD", base .. "mr:schedules", now_text, id)
  return { "REPAIRED", "found", "looked at now" }
end

-- Has a list of the outbox tried now, and forgets it if it is empty.
function repairs.outbox(list)
  local has = rcall("XLEN", base .. "mr:outbox-aside:" .. list) > 0
  local known = rcall("ZSCORE", base .. "mr:outbox-aside", list)
  if has == (known ~= false) then return { "RIGHT" } end
  if has then rcall("ZADD", base .. "mr:outbox-aside", now_text, list) else rcall("ZREM", base .. "mr:outbox-aside", list) end
  return { "REPAIRED", has and "never tried" or "tried", has and "tried now" or "forgotten" }
end

-- Counts the children of a group again. tend_groups then counts children that have ended or are not stored, and decides.
function repairs.group(id)
  local group_key = base .. "mr:group:" .. id
  if rcall("EXISTS", group_key) == 0 then return { "RIGHT" } end
  local counted, changed = { [F.group_total] = 0 }, false
  for _, field in pairs(COUNTERS) do counted[field] = 0 end
  for _, entry in ipairs(rcall("HVALS", group_key .. ":children")) do
    local field = COUNTERS[string.match(entry, "^%S+")]
    if field then counted[field] = counted[field] + 1 end
    counted[F.group_total] = counted[F.group_total] + 1
  end
  for field, count in pairs(counted) do
    if (numbers.whole(rcall("HGET", group_key, field)) or 0) ~= count then
      rcall("HSET", group_key, field, count)
      changed = true
    end
  end
  rcall("ZADD", base .. "mr:groups", now_text, id)
  return changed and { "REPAIRED", "", "" } or { "REPAIRED", "found", "due" }
end

local replies = {}
for at = 1, #ARGV - 1, 2 do
  local kind = ARGV[at + 1]
  local name = ARGV[at + 2]
  replies[#replies + 1] = repairs[kind] and repairs[kind](name) or { "RIGHT" }
end
lanes.flush()
budgets.flush()
slices.flush()
signals.publish()
return replies
