-- slices: what this shard may use of provider accounts, which all shards share. An account's state is in a slot of its
-- own (exchange_account). It grants a shard a slice for one second: a number of requests and tokens, which are charged
-- to the account at once, and a number of running jobs. The shard gives back the rest of a slice when it asks for
-- the next one.
--
-- mr:governed has the pools that are accounts, with each account's generation. An account that was removed and created
-- again has a new generation. mr:slice:<pool> is removed with its generation. A job that was charged has an
-- account_reservation (see R in stored-names.ts). After that is settled, the field is empty or absent. What was charged
-- to an earlier generation of the account does not count against the present one.
--
-- Needs `base`, `rcall` and `now_ms`.
-- TOUCHES  mr:governed (hash), mr:slice: (hash), mr:ready: (zset),
--          mr:classes (set)
--- @include "redis/lib/numbers"
local slices = { by_pool = {}, order = {}, wants = {} }

-- The slice of a pool, read once in a call; false if the pool is no account.
function slices.for_pool(pool)
  local slice = slices.by_pool[pool]
  if slice ~= nil then return slice end
  slice = false
  local generation = pool ~= "" and rcall("HGET", base .. "mr:governed", pool)
  if generation then
    local hash = base .. "mr:slice:" .. pool
    local f = rcall("HMGET", hash, F.slice_version, F.slice_until_ms, F.slice_second, F.slice_requests, F.slice_tokens, F.slice_most_tokens, F.slice_allowed, F.slice_running, F.slice_successes, F.slice_shared, F.slice_last_key, F.slice_probe)
    slice = { pool = pool, generation = generation, hash = hash, version = (numbers.whole(f[1]) or 0), until_ms = (numbers.whole(f[2]) or 0),
      second = (numbers.whole(f[3]) or 0), requests = (numbers.whole(f[4]) or 0), tokens = (numbers.whole(f[5]) or 0),
      most = numbers.whole(f[6]), allowed = (numbers.whole(f[7]) or 0), running = (numbers.whole(f[8]) or 0),
      probe = string.match(f[12] or "", "^%d*$") or "", shared = f[10] == "1", adds = {} }
    local succeeded, second, ms = string.match(f[9] or "", "^(%d+) (%d+) (%d+)$")
    slice.succeeded, slice.success_second, slice.success_ms = numbers.whole(succeeded) or 0, numbers.whole(second) or 0,
      numbers.whole(ms) or 0
    slice.last_key, slice.last_ms, slice.other_ms = string.match(f[11] or "", "^(%S+) (%d+) (%d+)$")
    slices.order[#slices.order + 1] = slice
  end
  slices.by_pool[pool] = slice
  return slice
end

do
  -- While other keys need an account, an estimate above the usual reserves at most this part of a minute's tokens: 1/8.
  local UNPROVEN_PART = 8
  -- How long tokens that another key reserved may count in the account.
  local COUNTS_MS = 62000

  -- Whether jobs of a lane need an account. `pool` is what the lane has in the place of the pool. models/lib/routes replaces it.
  function slices.needs(pool, account)
    return pool == account
  end

  -- How many classes are searched for keys with ready jobs. If there are more, some of them are not seen in this call.
  local MOST_CLASSES = 64

  -- The keys with ready jobs of a pool, at most two of each class, read once in a call.
  local ready_keys = {}
  local function others_are_ready(pool, key)
    local keys = ready_keys[pool]
    if not keys then
      keys = {}
      -- A class is "band|pool", and may go on with a family of types.
      for _, class in ipairs(rcall("SRANDMEMBER", base .. "mr:classes", MOST_CLASSES)) do
        local of_class = string.match(class, "^[123]|([^|]*)")
        if of_class and slices.needs(of_class, pool) then
          for _, ready in ipairs(rcall("ZRANGE", base .. "mr:ready:" .. class, 0, 1)) do keys[#keys + 1] = ready end
        end
      end
      ready_keys[pool] = keys
    end
    for _, ready in ipairs(keys) do
      if ready ~= key then return true end
    end
    return false
  end

  -- How many of the `tokens` that a job is expected to spend count here (`tokens` and `usual` are as budgets.expected
  -- returns them). A job never reserves more than the account has in a minute. While other keys need the account, an
  -- estimate above what the key is known to spend reserves at most an eighth of that. Otherwise one job could hold the
  -- account for a minute.
  function slices.capped(slice, key, tokens, usual)
    local most = slice.most
    if not most then return tokens end
    tokens = math.min(tokens, most)
    local bound = math.max(usual, math.floor(most / UNPROVEN_PART))
    if tokens <= bound then return tokens end
    local other_ms = slice.last_key == key and slice.other_ms or slice.last_ms or 0
    local needed = slice.shared or tonumber(other_ms) > now_ms - COUNTS_MS or others_are_ready(slice.pool, key)
    return needed and bound or tokens
  end
end

-- Whether the slice is too small for `tokens` now. If it is, the need is noted in slices.wants, and no other job gets
-- tokens of this account for the rest of the call. The job whose turn it is keeps its claim even if others need less.
function slices.is_short(slice, tokens)
  if slices.wants[slice.pool] then return true end
  local reserved = math.min(tokens, slice.most or tokens)
  if slice.until_ms > now_ms and slice.requests >= 1 and slice.tokens >= reserved and slice.running < slice.allowed then
    return false
  end
  slices.wants[slice.pool] = tokens
  return true
end

-- Uses what is_short has just allowed, for a job of a key. Returns the job's account_reservation.
function slices.reserve(slice, tokens, key)
  local reserved = math.min(tokens, slice.most or tokens)
  slice.requests = slice.requests - 1
  slice.tokens = slice.tokens - reserved
  slice.running = slice.running + 1
  slice.changed = true
  if slice.last_key ~= key then slice.last_key, slice.other_ms = key, slice.last_ms or 0 end
  slice.last_ms = now_ms
  local probe = slice.probe == "" and "0" or slice.probe
  return string.format("%.0f %.0f %s %s %s", slice.second, reserved, slice.generation, probe, slice.pool)
end

local function note(slice, letter, second, amount)
  if amount == 0 then return end
  local field = letter .. second
  slice.adds[field] = (slice.adds[field] or 0) + amount
  slice.changed = true
end

-- Settles a job's reservation (`acs`, read from the job), with arguments as in budgets.settle. `succeeded` means that
-- the provider took the call.
function slices.settle(job_id, acs, spent, refund, succeeded)
  --- @record account_reservation acs
  local slice = slices.for_pool(pool or "")
  -- The account was removed meanwhile, and may have been created again.
  if not slice or slice.generation ~= generation then return end
  local charged_second = numbers.whole(second)
  reserved = numbers.whole(reserved)
  if not charged_second or not reserved then return end
  slice.running = math.max(0, slice.running - 1)
  slice.changed = true
  if refund then spent = 0 end
  if spent then note(slice, F.slice_token_correction, second, spent - reserved) end
  if refund then note(slice, F.slice_request_correction, second, -1) end
  if probe ~= "0" then slice.probe_ended = probe end
  if succeeded then
    slice.succeeded, slice.success_ms, slice.has_news = slice.succeeded + 1, now_ms, true
    slice.success_second = math.max(slice.success_second, charged_second)
  end
end

-- Gives back the rest of a slice, so that no job can use it any more.
function slices.close(slice)
  note(slice, F.slice_token_correction, string.format("%.0f", slice.second), -slice.tokens)
  note(slice, F.slice_request_correction, string.format("%.0f", slice.second), -slice.requests)
  if slice.probe ~= "" and slice.requests >= 1 then slice.probe_ended = slice.probe end
  slice.requests, slice.tokens, slice.until_ms, slice.allowed = 0, 0, 0, slice.running
  slice.changed = true
end

function slices.flush()
  for _, slice in ipairs(slices.order) do
    if slice.changed then
      slice.changed = false
      rcall("HSET", slice.hash, F.slice_until_ms, slice.until_ms, F.slice_requests, slice.requests, F.slice_tokens, slice.tokens, F.slice_allowed, slice.allowed,
        F.slice_running, slice.running)
      if slice.has_news then
        rcall("HSET", slice.hash, F.slice_successes, string.format("%.0f %.0f %.0f", slice.succeeded, slice.success_second, slice.success_ms))
      end
      if slice.probe_ended then rcall("HSET", slice.hash, F.slice_probe_ended, slice.probe_ended) end
      if slice.last_ms == now_ms then
        rcall("HSET", slice.hash, F.slice_last_key, string.format("%s %.0f %.0f", slice.last_key, now_ms, slice.other_ms))
      end
      for field, amount in pairs(slice.adds) do numbers.add_field(slice.hash, field, amount) end
      slice.adds = {}
    end
  end
end
