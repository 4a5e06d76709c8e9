-- budgets: what an API key may still use. A lease reserves, and a settlement corrects, in the same script that moves
-- the job. So a crash leaves both changes or neither.
--
-- mr:budgets has each key's budget (see lib/key_limits). mr:use:<key> has the number of its running jobs and its
-- windows of requests, tokens, and tokens of a day. A job that was charged has a key_reservation (see R in stored-names.ts). After
-- that is settled, the field is empty or absent.
--
-- Needs `base`, `rcall`, `now_ms`, `lanes` and `signals`.
-- TOUCHES  mr:budgets (hash), mr:limits (hash), mr:use: (hash), mr:learned (hash)
--- @include "budgets/lib/windows"
--- @include "redis/lib/numbers"
--- @include "budgets/lib/key_limits"
--- @include "budgets/lib/portions"
local budgets = { by_key = {}, order = {}, spent = {}, learners = {} }

-- The minute has buckets of one second, and the day has buckets of a quarter of an hour.
local SECOND, QUARTER = 1000, 900000
-- How long the usage of a key that runs nothing is kept: a day, and the bucket in which that day ends.
budgets.KEEP_MS = 87300000
-- Marks the day in a reservation of a job that counts in its pool.
local COUNTED_IN_POOL = "p"
-- A cost of 1 is this many tokens, or this many milliseconds of a worker's CPU time.
budgets.UNIT_TOKENS = 1000

-- The limits of several keys as text, and the tokens that an attempt of each key usually takes. Both are lists in the
-- order of the keys, with false for none.
function budgets.limits_of(keys)
  -- If no key has either, one cheap command replaces two expensive ones.
  if #keys > 2 and rcall("EXISTS", base .. "mr:budgets", base .. "mr:limits", base .. "mr:learned") == 0 then return {}, {} end
  return key_limits.texts(keys), rcall("HMGET", base .. "mr:learned", unpack(keys))
end

-- What a key uses, read once in a call.
function budgets.use_of(key)
  local use = budgets.by_key[key]
  if use then return use end
  local kinds = budgets.kinds
  if not kinds then
    kinds = { q = windows.kind(F.requests_window, SECOND, 60, now_ms), t = windows.kind(F.tokens_window, SECOND, 60, now_ms),
      d = windows.kind(F.day_window, QUARTER, 96, now_ms) }
    budgets.kinds = kinds
  end
  local hash = base .. "mr:use:" .. key
  local f = rcall("HMGET", hash, F.use_running, F.requests_sum, F.requests_first, F.requests_last, F.tokens_sum, F.tokens_first, F.tokens_last, F.day_sum, F.day_first, F.day_last,
    kinds.q.present, kinds.t.present, kinds.d.present, F.use_holds, F.use_portion)
  local running = (numbers.whole(f[1]) or 0)
  use = { key = key, hash = hash, pools = {}, running = running, was_running = running, freed = false, holds = f[14], portion = f[15],
    q = windows.open(kinds.q, hash, f[2], f[3], f[4], f[11]),
    t = windows.open(kinds.t, hash, f[5], f[6], f[7], f[12]),
    d = windows.open(kinds.d, hash, f[8], f[9], f[10], f[13]) }
  budgets.by_key[key] = use
  budgets.order[#budgets.order + 1] = use
  return use
end

-- An estimate may be this many times what the key's attempts were seen to spend.
local MOST_TIMES_LEARNED = 8

-- Returns three numbers: the tokens that an attempt is expected to spend; the same if it had no estimate of its own
-- (`est`); and the tokens that its key's own limits reserve. Callers state estimates, so
-- where other keys need the tokens, an estimate counts up to MOST_TIMES_LEARNED times `learned` (nil: nothing was
-- learned), or up to `default_tokens` if that is more. The key's own limits (nil: none) reserve the whole estimate,
-- because that affects no other key; so a declared amount cannot exceed them. Tokens spent beyond the reservation
-- become a debt when the attempt ends.
function budgets.expected(est, learned, default_tokens, limits)
  local usual = learned or default_tokens
  local tokens = est or usual
  local held = tokens
  if learned then tokens = math.min(tokens, math.max(MOST_TIMES_LEARNED * learned, default_tokens)) end
  if limits then tokens, held = budgets.reservation(limits, tokens), budgets.reservation(limits, held) end
  return tokens, usual, held
end

-- What an attempt reserves: at most what each window can ever hold.
function budgets.reservation(limits, tokens)
  return math.min(tokens, limits.tokens or tokens, limits.day or tokens)
end

-- How many jobs of a key run in a pool, as a table with `running`.
function budgets.running_in(use, pool)
  local known = use.pools[pool]
  if not known then
    known = { running = numbers.whole(rcall("HGET", use.hash, F.use_pool .. pool)) or 0 }
    use.pools[pool] = known
  end
  return known
end

-- What counts of a key in this shard now, by the names of lib/portions.
function budgets.used(use)
  return { requests = use.q.sum, tokens = use.t.sum, day = use.d.sum, running = use.running }
end

-- How long a job that the portions of its key hold waits at least for the answer of the key's home.
budgets.ANSWER_MS = 50

-- Nil if `tokens` may be reserved now for a job of a pool. Otherwise the time to check again (ms), or "+inf" if a running job must end
-- first, the kind of constraint, and whether the key's home should be asked for a larger portion. Nothing is charged unless
-- everything may be.
function budgets.constraint(limits, use, tokens, pool)
  local within = portions.within(limits, use)
  if limits.running and use.running >= limits.running then return "+inf", "KEY_CONCURRENCY" end
  if limits.running_per_pool and budgets.running_in(use, pool).running >= limits.running_per_pool then return "+inf", "KEY_CONCURRENCY" end
  if use.running < (within.running or math.huge) and use.q.sum + 1 <= (within.requests or math.huge)
    and use.t.sum + tokens <= (within.tokens or math.huge) and use.d.sum + tokens <= (within.day or math.huge) then return nil end
  local when, kind
  local function wait(window, limit, needed, what)
    if not limit then return end
    local at = windows.clears_at(window, window.sum + needed - limit)
    if at and (not when or at > when) then when, kind = at, what end
  end
  wait(use.q, limits.requests, 1, "KEY_REQUESTS")
  wait(use.t, limits.tokens, tokens, "KEY_TOKENS")
  wait(use.d, limits.day, tokens, "KEY_DAILY_TOKENS")
  if when then return when, kind end
  -- The limits have room, and this shard's portions of them have not. They get it as the home gives more, or as what the shard
  -- itself has used counts no longer.
  if use.running >= (within.running or math.huge) then kind = "KEY_CONCURRENCY" end
  wait(use.q, within.requests, 1, "KEY_REQUESTS")
  wait(use.t, within.tokens, tokens, "KEY_TOKENS")
  wait(use.d, within.day, tokens, "KEY_DAILY_TOKENS")
  if not kind then
    kind = use.q.sum + 1 > (within.requests or math.huge) and "KEY_REQUESTS"
      or use.t.sum + tokens > (within.tokens or math.huge) and "KEY_TOKENS" or "KEY_DAILY_TOKENS"
  end
  use.part = use.part or portions.read(use.portion or "")
  local ask_ms = use.part.ask_ms
  local asks = ask_ms <= now_ms
  if asks then ask_ms = now_ms + budgets.ANSWER_MS end
  return math.min(when or ask_ms, ask_ms), kind, asks
end

-- A whole number as text. One call uses few different numbers, and conversion is expensive.
local texts = {}
local function whole(number)
  local text = texts[number]
  if not text then
    text = string.format("%.0f", number)
    texts[number] = text
  end
  return text
end

-- Reserves `held_tokens` of a job's limits, which budgets.constraint has just allowed. Returns the job's key_reservation.
function budgets.reserve(job, finish)
  local limits, at = job.limits, string.format(" %.6f ", finish)
  if not limits then return whole(job.tokens) .. " 0" .. at .. "1 - - " .. job.key .. "|" .. job.class end
  local use = budgets.use_of(job.key)
  use.running = use.running + 1
  windows.add(use.q, 1)
  local minute, day = whole(windows.add(use.t, job.held_tokens)), whole(windows.add(use.d, job.held_tokens))
  if limits.running_per_pool then
    local pool = budgets.running_in(use, string.match(job.class, "^%d|([^|]*)"))
    pool.running, pool.changed = pool.running + 1, true
    day = day .. COUNTED_IN_POOL
  end
  return whole(job.tokens) .. " " .. whole(job.held_tokens) .. at .. limits.weight_text .. " " .. minute .. " " .. day .. " " .. job.key .. "|" .. job.class
end

-- How many estimates one command writes at most: unpack accepts about 8,000 values.
local LEARN_AT_ONCE = 2000

local function write_learned()
  local keys, learned = budgets.learners, {}
  if #keys == 0 then return end
  for i, estimate in ipairs(rcall("HMGET", base .. "mr:learned", unpack(keys))) do
    local spent = budgets.spent[keys[i]]
    estimate = numbers.whole(estimate) or spent[1]
    for _, tokens in ipairs(spent) do
      if tokens > estimate then
        estimate = math.min(tokens, estimate * 1.09 + 1)
      elseif tokens < estimate then
        estimate = math.max(tokens, estimate * 0.99)
      end
    end
    learned[2 * i - 1], learned[2 * i] = keys[i], math.floor(estimate + 0.5)
  end
  rcall("HSET", base .. "mr:learned", unpack(learned))
  budgets.spent, budgets.learners = {}, {}
end

-- Follows the 90th percentile of what a key's attempts spend. It uses the steps of frugal streaming (Q. Ma,
-- S. Muthukrishnan, M. Sandler, "Frugal Streaming for Estimating Quantiles", 2013), in proportion to the estimate: one
-- attempt above the estimate raises it by 9 %, and one attempt below lowers it by 1 %.
function budgets.learn(key, tokens)
  local spent = budgets.spent[key]
  if not spent then
    if #budgets.learners == LEARN_AT_ONCE then write_learned() end
    spent = {}
    budgets.spent[key] = spent
    budgets.learners[#budgets.learners + 1] = key
  end
  spent[#spent + 1] = tokens
end

-- Settles a reservation of a key. `rsv` was read from the job, and the caller removes it there. `spent` is the tokens
-- that were used; nil means unknown, and then the reserved tokens count. `refund` means that the provider was never
-- reached, so nothing is spent. `turn` means that the job had its turn, whatever it spent. `compute_ms` is the CPU
-- time of the attempt, or nil; it only affects the order of keys, and counts whatever the attempt's outcome was.
function budgets.settle(key, rsv, spent, refund, turn, compute_ms)
  --- @record key_reservation rsv
  tokens, reserved = numbers.whole(tokens), numbers.whole(reserved)
  finish, weight = numbers.finite(finish), numbers.finite(weight)
  -- The record cannot be read, so another program wrote it. The audit finds what stays counted because of it.
  if not (tokens and reserved and finish and weight and weight > 0) then return end
  if refund then spent = 0 end
  if minute ~= "-" and key then
    local in_pool = string.sub(day, -1) == COUNTED_IN_POOL
    if in_pool then day = string.sub(day, 1, -2) end
    minute, day = numbers.whole(minute) or 0, numbers.whole(day) or 0
    local use = budgets.use_of(key)
    use.running = math.max(0, use.running - 1)
    use.freed = use.freed or "running"
    -- A lane that waits for a larger portion is not among those that wait for a running job to end, but may run now.
    if use.portion and portions.read(use.portion).running then use.freed = "all" end
    if in_pool then
      local pool = budgets.running_in(use, string.match(lane, "^[^|]*|%d|([^|]*)") or "")
      pool.running, pool.changed = math.max(0, pool.running - 1), true
    end
    local correction = (spent or reserved) - reserved
    if correction > 0 then
      -- Usage beyond the reservation is a debt that counts from now.
      windows.add(use.t, correction)
      windows.add(use.d, correction)
    else
      windows.correct(use.t, minute, correction)
      windows.correct(use.d, day, correction)
    end
    if refund then windows.correct(use.q, minute, -1) end
    -- The returned tokens may be enough for a lane that is held until a window clears.
    if refund or correction < 0 then use.freed = "all" end
  end
  -- A turn costs something even without tokens. Otherwise a key whose jobs spend none would always be next.
  local more = turn and spent == 0 and 0 or (spent or tokens) - tokens
  more = more + (compute_ms or 0)
  if more ~= 0 then lanes.correct(lane, more / budgets.UNIT_TOKENS / weight, finish) end
end

local function write_pools(use)
  for pool, count in pairs(use.pools) do
    if count.changed and count.running > 0 then
      rcall("HSET", use.hash, F.use_pool .. pool, count.running)
    elseif count.changed then
      rcall("HDEL", use.hash, F.use_pool .. pool)
    end
    count.changed = false
  end
end

-- Writes the changes. Every script that reserved or settled calls it at the end.
function budgets.flush()
  write_learned()
  local fields = { F.use_running, 0 }
  for _, use in ipairs(budgets.order) do
    write_pools(use)
    local n = windows.flush(use.d, fields, windows.flush(use.t, fields, windows.flush(use.q, fields, 2)))
    if use.freed then
      if lanes.release_key(use.key, use.freed == "all") then signals.work() end
      use.freed = false
    end
    if use.holds_changed then
      fields[n + 1], fields[n + 2] = F.use_holds, use.holds
      n, use.holds_changed = n + 2, false
    end
    if use.running ~= use.was_running or n > 2 then
      fields[2] = use.running
      rcall("HSET", use.hash, unpack(fields, 1, n))
      if use.running == 0 then
        rcall("PEXPIRE", use.hash, budgets.KEEP_MS)
      elseif use.was_running == 0 then
        rcall("PERSIST", use.hash)
      end
      use.was_running = use.running
    end
  end
end
