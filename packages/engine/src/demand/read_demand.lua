-- read_demand: count the jobs of a shard that workers could lease now, and those that run, by pool.
-- KEYS     base
-- ARGV     now_ms, default_tokens, sample
-- RETURNS  {"OK", paused, {per pool: pool, governed, ready_jobs, least_tokens, running, {per route: account, governed}}}
-- REPEAT   safe
-- TOUCHES  meta (hash), wait (list), prioritized (zset), active (list), mr:classes (set), mr:ready: (zset), mr:held (zset),
--          mr:lane: (zset)
--
-- ready_jobs    jobs that the limits of their keys have room for now; least_tokens is the least that a lease would reserve
--               of the pool's account for one of them
--
-- It reads at most `sample` lanes of each class, at most `sample` held lanes, chosen at random, and at most `sample` running
-- jobs: half of them the newest, half the oldest. What it does not read counts like what it reads.
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

local pools, pool_order = {}, {}
local function pool_named(name)
  local pool = pools[name]
  if not pool then
    pool = lane_models.pool(name)
    pool.ready, pool.running = 0, 0
    pools[name] = pool
    pool_order[#pool_order + 1] = name
  end
  return pool
end

-- What the lanes that were read before would take of a key's room. All lanes of a key share it.
local taken = {}

-- How many of `count` jobs, each of `tokens`, fit into what a key has left in a pool. They are taken from it.
local function fitting(key, name, count, tokens, limit)
  local use = budgets.use_of(key)
  local before = taken[key] or { jobs = 0, tokens = 0, pools = {} }
  taken[key] = before
  local function within(most, used, each)
    if most and each > 0 then count = math.max(0, math.min(count, math.floor((most - used) / each))) end
  end
  local in_pool = before.pools[name] or 0
  within(limit.running, use.running + before.jobs, 1)
  if limit.running_per_pool then within(limit.running_per_pool, budgets.running_in(use, name).running + in_pool, 1) end
  within(limit.requests, use.q.sum + before.jobs, 1)
  within(limit.tokens, use.t.sum + before.tokens, tokens)
  within(limit.day, use.d.sum + before.tokens, tokens)
  before.jobs, before.tokens, before.pools[name] = before.jobs + count, before.tokens + count * tokens, in_pool + count
  return count
end

-- Counts the jobs of a lane that could run now. `times` is how many lanes it stands for.
local function count_lane(key, class, limit_text, learned, times)
  local _, name = parts_of(class)
  local lane, pool = base .. "mr:lane:" .. key .. "|" .. class, name ~= routes.SHARED and pool_named(name)
  local count = rcall("ZCARD", lane)
  local limit = limit_text and key_limits.read(limit_text)
  if count == 0 then return end
  local of_account, least = not pool or pool.governed == 1 or pool.is_model, nil
  if limit or of_account then
    local head = rcall("ZRANGE", lane, 0, 0)[1]
    local est = numbers.whole(rcall("HGET", base .. head, F.estimated_tokens))
    local tokens, _, held = budgets.expected(est, numbers.whole(learned), default_tokens, limit)
    if limit then count = fitting(key, name, count, held, limit) end
    if count > 0 and of_account then least = tokens end
  end
  for _, part in ipairs(lane_models.parts(lane, name, count)) do
    local of_part = pool_named(part.pool)
    of_part.ready = of_part.ready + part.jobs * times
    if least then of_part.least = math.min(of_part.least or least, least) end
  end
end

for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
  local ready = base .. "mr:ready:" .. class
  local keys, lanes_open = rcall("ZRANDMEMBER", ready, sample), rcall("ZCARD", ready)
  local limits, learned = {}, {}
  if #keys > 0 then limits, learned = budgets.limits_of(keys) end
  for i, key in ipairs(keys) do count_lane(key, class, limits[i], learned[i], lanes_open / #keys) end
end
-- A lane may stay held for a moment after its limit has room again.
local held, held_keys = rcall("ZRANDMEMBER", base .. "mr:held", sample), {}
for i, lane in ipairs(held) do held_keys[i] = split(lane) end
if #held > 0 then
  local limits, learned = budgets.limits_of(held_keys)
  local times = rcall("ZCARD", base .. "mr:held") / #held
  for i, lane in ipairs(held) do
    local key, class = split(lane)
    count_lane(key, class, limits[i], learned[i], times)
  end
end
-- Reading has dropped buckets that no longer count. This writes the result, so that no later read repeats the work.
budgets.flush()

-- Plain BullMQ jobs that are in no lane yet.
local plain = rcall("LLEN", base .. "wait") + rcall("ZCARD", base .. "prioritized")
if plain > 0 then
  local pool = pool_named("")
  pool.ready = pool.ready + plain
end

local active = base .. "active"
local running = rcall("LLEN", active)
local newest = math.ceil(sample / 2)
local ids = rcall("LRANGE", active, 0, newest - 1)
for _, id in ipairs(rcall("LRANGE", active, math.max(newest, running - (sample - newest)), -1)) do ids[#ids + 1] = id end
for _, id in ipairs(ids) do
  -- Only a job that needs a pool or a model has its lane stored. A job of a model runs in the pool of its route.
  local fields = rcall("HMGET", base .. id, F.lane, F.route)
  local lane, account = fields[1], fields[2] and string.match(fields[2], "^(%S+) .")
  local pool = pool_named(account or lane and string.match(lane, "^[^|]*|%d|([^|]*)$") or "")
  pool.running = pool.running + running / #ids
end

local function text(number)
  return number and string.format("%.0f", number) or ""
end
local of_pools = {}
for _, name in ipairs(pool_order) do
  local pool = pools[name]
  for _, field in ipairs({ name, pool.governed, text(pool.ready), text(pool.least), text(pool.running), pool.routes }) do
    of_pools[#of_pools + 1] = field
  end
end
return { "OK", rcall("HEXISTS", base .. "meta", F.meta_paused), of_pools }
