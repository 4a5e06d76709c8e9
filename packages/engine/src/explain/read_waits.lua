-- read_waits: read what the waiting jobs of a shard wait for.
-- KEYS     base
-- ARGV     now_ms, default_tokens, sample
-- RETURNS  {"OK", paused, queued, scheduled, without_room, waiting, {per pool: pool, governed, ready_jobs, least_tokens, held_jobs,
--          {per route: account, governed}},
--          {per kind of constraint: kind, jobs}, {per band: band, since_ms | "", limited_since_ms | ""}, {key…}}
-- REPEAT   safe
-- TOUCHES  meta (hash), mr:depth (hash), wait (list), prioritized (zset), delayed (zset), waiting-children (zset),
--          mr:classes (set), mr:ready: (zset), mr:held (zset), mr:lane: (zset)
--
-- queued        all jobs in lanes and inboxes
-- without_room  scheduled jobs that wait for room in their group; `scheduled` are the others
-- waiting       jobs that wait for children
-- ready_jobs    jobs of lanes that the limits of their keys do not hold; least_tokens is the least that a lease would
--               reserve of the pool's account for one of them
-- held_jobs     jobs of lanes that a limit of their key holds. The kinds say which limit, now
-- since_ms      since when the job has waited that has waited longest, of ready lanes; limited_since_ms: of held lanes
-- key           the keys of held lanes that were read
--
-- It reads at most `sample` lanes of each class, and at most `sample` held lanes, chosen at random. Jobs of lanes that it
-- does not read count like those that it reads.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local default_tokens = numbers.given(ARGV[2], "default_tokens")
local sample = numbers.given(ARGV[3], "sample")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "redis/lib/json"
--- @include "budgets/lib/budgets"
--- @include "accounts/lib/slices"
--- @include "models/lib/routes"
--- @include "models/lib/lane_models"

-- Priority decides before arrival, so the first job of each priority is a lane's oldest. More priorities are not read.
local PRIORITIES = 4

local pools, pool_order = {}, {}
local function pool_named(name)
  local pool = pools[name]
  if not pool then
    pool = lane_models.pool(name)
    pool.ready, pool.held = 0, 0
    pools[name] = pool
    pool_order[#pool_order + 1] = name
  end
  return pool
end

local since, limited_since, kinds = {}, {}, {}
local function note_since(times, band, ms)
  if ms and (not times[band] or ms < times[band]) then times[band] = ms end
end

-- When a job was first due, or due again after its last attempt.
local function due_ms(job_id)
  local fields = rcall("HMGET", base .. job_id, F.due_ms, F.submitted_ms, F.spec)
  local due = numbers.whole(fields[1])
  if due then return due end
  local spec = fields[3]
  local run_at = spec and string.find(spec, '"' .. F.spec_run_at_ms .. '":', 1, true) and json.read(spec)[F.spec_run_at_ms]
  return math.max(numbers.whole(fields[2]) or now_ms, type(run_at) == "number" and run_at or 0)
end

-- The lane's first job, how many jobs it has, and since when the oldest of them has waited.
local function read_lane_now(lane)
  local lane_key, run = base .. "mr:lane:" .. lane, run_of(lane)
  local count, head, oldest, from = rcall("ZCARD", lane_key), nil, nil, "-inf"
  for _ = 1, math.min(count, PRIORITIES) do
    local first = rcall("ZRANGEBYSCORE", lane_key, from, "+inf", "WITHSCORES", "LIMIT", 0, 1)
    if not first[1] then break end
    local due = due_ms(first[1])
    head, oldest = head or first[1], math.min(oldest or due, due)
    from = (math.floor(tonumber(first[2]) / run) + 1) * run
  end
  return head, count, oldest
end

for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
  local band, name = parts_of(class)
  local ready = base .. "mr:ready:" .. class
  local pool = name ~= routes.SHARED and pool_named(name)
  local keys, lanes_open = rcall("ZRANDMEMBER", ready, sample), rcall("ZCARD", ready)
  local limits, learned = {}, {}
  local of_account = not pool or pool.governed == 1 or pool.is_model
  if of_account then limits, learned = budgets.limits_of(keys) end
  for i, key in ipairs(keys) do
    local lane = key .. "|" .. class
    local head, count, oldest = read_lane_now(lane)
    note_since(since, band, oldest)
    local tokens
    if head and of_account then
      local est = numbers.whole(rcall("HGET", base .. head, F.estimated_tokens))
      tokens = budgets.expected(est, numbers.whole(learned[i]), default_tokens, limits[i] and key_limits.read(limits[i]))
    end
    for _, part in ipairs(lane_models.parts(base .. "mr:lane:" .. lane, name, count)) do
      local of_part = pool_named(part.pool)
      of_part.ready = of_part.ready + part.jobs * lanes_open / #keys
      if tokens then of_part.least = math.min(of_part.least or tokens, tokens) end
    end
  end
end

local held = rcall("ZRANDMEMBER", base .. "mr:held", sample)
local held_keys = {}
for i, lane in ipairs(held) do held_keys[i] = split(lane) end
local limits, learned = {}, {}
if #held > 0 then limits, learned = budgets.limits_of(held_keys) end
local held_lanes = #held > 0 and rcall("ZCARD", base .. "mr:held") or 0
for i, lane in ipairs(held) do
  local key, class = split(lane)
  local band, name = parts_of(class)
  local head, count, oldest = read_lane_now(lane)
  local limit, kind = limits[i] and key_limits.read(limits[i]), nil
  if head and limit then
    local est = numbers.whole(rcall("HGET", base .. head, F.estimated_tokens))
    local _, _, tokens = budgets.expected(est, numbers.whole(learned[i]), default_tokens, limit)
    _, kind = budgets.constraint(limit, budgets.use_of(key), tokens, name)
  end
  -- A lane may stay held for a moment after its limit has room again. Nothing but a worker is missing then.
  for _, part in ipairs(lane_models.parts(base .. "mr:lane:" .. lane, name, count)) do
    local pool, jobs = pool_named(part.pool), part.jobs * held_lanes / #held
    if kind then pool.held = pool.held + jobs else pool.ready = pool.ready + jobs end
  end
  if kind then
    kinds[kind] = (kinds[kind] or 0) + count * held_lanes / #held
    note_since(limited_since, band, oldest)
  else
    note_since(since, band, oldest)
  end
end
-- Reading has dropped buckets that no longer count. This writes the result, so that no later read repeats the work.
budgets.flush()

local function text(number)
  return number and string.format("%.0f", number) or ""
end
local of_pools, of_kinds, of_bands = {}, {}, {}
for _, name in ipairs(pool_order) do
  local pool = pools[name]
  for _, field in ipairs({ name, pool.governed, text(pool.ready), text(pool.least), text(pool.held), pool.routes }) do
    of_pools[#of_pools + 1] = field
  end
end
for kind, jobs in pairs(kinds) do
  of_kinds[#of_kinds + 1] = kind
  of_kinds[#of_kinds + 1] = text(jobs)
end
for _, band in ipairs(BANDS) do
  if since[band] or limited_since[band] then
    of_bands[#of_bands + 1] = band
    of_bands[#of_bands + 1] = text(since[band])
    of_bands[#of_bands + 1] = text(limited_since[band])
  end
end
local queued = (numbers.whole(rcall("HGET", base .. "mr:depth", F.depth_all)) or 0)
  + rcall("LLEN", base .. "wait") + rcall("ZCARD", base .. "prioritized")
-- 2199023255551 is delayed.NEVER_MS (jobs/lib/delayed), and scores are times multiplied by 4096.
local without_room = rcall("ZCOUNT", base .. "delayed", 2199023255551 * 4096, "+inf")
return { "OK", rcall("HEXISTS", base .. "meta", F.meta_paused), queued, rcall("ZCARD", base .. "delayed") - without_room,
  without_room, rcall("ZCARD", base .. "waiting-children"), of_pools, of_kinds, of_bands, held_keys }
