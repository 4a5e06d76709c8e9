-- budgets: what an API key may still use. A lease reserves, a settlement corrects, in the script that
-- moves the job: a crash leaves both or neither.
--
-- mr:limits has each key's budget (see lib/key_limits), mr:use:<key> its running jobs and the windows of requests, tokens, and
-- tokens of a day. A job that was charged has a key_reservation (see R in stored-names.ts); once that is settled the
-- field is empty, or gone.
--
-- Needs `base`, `rcall`, `now_ms`, `lanes` and `signals`.
-- TOUCHES  mr:limits (hash), mr:use: (hash), mr:learned (hash)
--- @include "budgets/lib/windows"
--- @include "redis/lib/numbers"
--- @include "redis/lib/records"
--- @include "budgets/lib/key_limits"
local budgets = { of_key = {}, order = {}, spent = {}, learners = {} }

-- A minute of seconds, and a day of quarters of an hour.
local SECOND, QUARTER = 1000, 900000
-- How long what was used is kept of a key that runs nothing: a day, and the bucket that it ends in.
local KEEP_MS = 87300000
-- A cost of 1 is this many tokens, or milliseconds of CPU time of a worker.
budgets.UNIT_TOKENS = 1000

-- What is said of several keys: their limits as text, and the tokens that an attempt of theirs takes
-- as far as was learned, each by place, or false.
function budgets.limits_of(keys)
  -- Where there is nothing at all to say, one look is cheaper than two long ones.
  if #keys > 2 and rcall("EXISTS", base .. "mr:limits", base .. "mr:learned") == 0 then return {}, {} end
  return rcall("HMGET", base .. "mr:limits", unpack(keys)), rcall("HMGET", base .. "mr:learned", unpack(keys))
end

-- What a key uses, read once a call.
function budgets.use_of(key)
  local use = budgets.of_key[key]
  if use then return use end
  local kinds = budgets.kinds
  if not kinds then
    kinds = { q = windows.kind(F.requests_window, SECOND, 60, now_ms), t = windows.kind(F.tokens_window, SECOND, 60, now_ms),
      d = windows.kind(F.day_window, QUARTER, 96, now_ms) }
    budgets.kinds = kinds
  end
  local hash = base .. "mr:use:" .. key
  local f = rcall("HMGET", hash, F.use_running, F.requests_sum, F.requests_first, F.requests_last, F.tokens_sum, F.tokens_first, F.tokens_last, F.day_sum, F.day_first, F.day_last,
    kinds.q.present, kinds.t.present, kinds.d.present)
  local running = (numbers.whole(f[1]) or 0)
  use = { key = key, hash = hash, running = running, was_running = running, freed = false,
    q = windows.open(kinds.q, hash, f[2], f[3], f[4], f[11]),
    t = windows.open(kinds.t, hash, f[5], f[6], f[7], f[12]),
    d = windows.open(kinds.d, hash, f[8], f[9], f[10], f[13]) }
  budgets.of_key[key] = use
  budgets.order[#budgets.order + 1] = use
  return use
end

-- How many times what a key's attempts were seen to spend an estimate may be.
local BELIEVED_TIMES = 8

-- What an attempt is taken to spend; what it would be taken to spend without an estimate of its own (`est`); and what
-- its key's own limits hold for it. An estimate is what a caller says, and where others need the tokens, it counts up to
-- BELIEVED_TIMES what was learned of its key (nil: nothing was), or `default_tokens` where that is more, and up to the
-- key's own limits (nil: none). Those hold all of it: that hurts no other key, and so they are not exceeded by what a
-- caller has told of. What is spent beyond becomes a debt when the attempt ends.
function budgets.expected(est, learned, default_tokens, limits)
  local usual = learned or default_tokens
  local tokens = est or usual
  local held = tokens
  if learned then tokens = math.min(tokens, math.max(BELIEVED_TIMES * learned, default_tokens)) end
  if limits then tokens, held = budgets.reservation(limits, tokens), budgets.reservation(limits, held) end
  return tokens, usual, held
end

-- What an attempt reserves: no more than each window can ever hold.
function budgets.reservation(limits, tokens)
  return math.min(tokens, limits.tokens or tokens, limits.day or tokens)
end

-- Nil if `tokens` may be reserved now; else when to look again (ms), or "+inf" if a running job has to
-- end first, and what it waits for. Nothing is charged unless all of it may be.
function budgets.blocked(limits, use, tokens)
  if limits.running and use.running >= limits.running then return "+inf", "KEY_CONCURRENCY" end
  if use.q.sum + 1 <= (limits.requests or math.huge) and use.t.sum + tokens <= (limits.tokens or math.huge)
    and use.d.sum + tokens <= (limits.day or math.huge) then return nil end
  local when, kind
  local function wait(window, limit, needed, what)
    if not limit then return end
    local at = windows.clears_at(window, window.sum + needed - limit)
    if at and (not when or at > when) then when, kind = at, what end
  end
  wait(use.q, limits.requests, 1, "KEY_REQUESTS")
  wait(use.t, limits.tokens, tokens, "KEY_TOKENS")
  wait(use.d, limits.day, tokens, "KEY_DAILY_TOKENS")
  return when, kind
end

-- Whole numbers as text: few different ones come in a call, and making text is dear.
local texts = {}
local function whole(number)
  local text = texts[number]
  if not text then
    text = string.format("%.0f", number)
    texts[number] = text
  end
  return text
end

-- Reserves what a job's limits hold for it (`held_tokens`), which blocked has just allowed. Returns its `rsv`.
function budgets.reserve(job, finish)
  local limits, at = job.limits, string.format(" %.6f ", finish)
  if not limits then return whole(job.tokens) .. " 0" .. at .. "1 - - " .. job.key .. "|" .. job.class end
  local use = budgets.use_of(job.key)
  use.running = use.running + 1
  windows.add(use.q, 1)
  return whole(job.tokens) .. " " .. whole(job.held_tokens) .. at .. limits.weight_text .. " " .. whole(windows.add(use.t, job.held_tokens))
    .. " " .. whole(windows.add(use.d, job.held_tokens)) .. " " .. job.key .. "|" .. job.class
end

-- As many keys' estimates are written at once: unpack's limit is about 8,000.
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

-- Follows the 90th percentile of what a key's attempts spend, by the steps of frugal streaming (Q. Ma,
-- S. Muthukrishnan, M. Sandler, "Frugal Streaming for Estimating Quantiles", 2013), in proportion to
-- the estimate: up a tenth for nine that it covers and one that it does not.
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

-- Ends a reservation of a key (`rsv`, read from the job), which its caller then takes from the job. `spent` is the
-- tokens that were used, nil if nobody said: then it is what was reserved. `refund`: the provider was
-- never reached, and nothing is spent. `turn`: the job has had its turn, whatever it spent. `compute_ms`:
-- CPU time that the attempt took, or nil; it counts in the order of keys alone, whatever became of the attempt.
function budgets.settle(key, rsv, spent, refund, turn, compute_ms)
  local charged = records.read(R.key_reservation, rsv)
  if not charged then return end
  local tokens, reserved = numbers.whole(charged.tokens), numbers.whole(charged.reserved)
  local finish, weight, minute, day = numbers.finite(charged.finish), numbers.finite(charged.weight), charged.minute, charged.day
  -- It says nothing: something else has written it, and the audit finds what is counted too much.
  if not (tokens and reserved and finish and weight and weight > 0) then return end
  if refund then spent = 0 end
  if minute ~= "-" and key then
    minute, day = numbers.whole(minute) or 0, numbers.whole(day) or 0
    local use = budgets.use_of(key)
    use.running = math.max(0, use.running - 1)
    use.freed = use.freed or "running"
    local correction = (spent or reserved) - reserved
    if correction > 0 then
      -- What was used beyond the reservation is a debt of now.
      windows.add(use.t, correction)
      windows.add(use.d, correction)
    else
      windows.correct(use.t, minute, correction)
      windows.correct(use.d, day, correction)
    end
    if refund then windows.correct(use.q, minute, -1) end
    -- What comes back may be enough for a lane that is held until a window clears by itself.
    if refund or correction < 0 then use.freed = "all" end
  end
  -- Were jobs free that spend no token, their key would always be next.
  local more = turn and spent == 0 and 0 or (spent or tokens) - tokens
  more = more + (compute_ms or 0)
  if more ~= 0 then lanes.correct(charged.lane, more / budgets.UNIT_TOKENS / weight, finish) end
end

-- Writes what changed. Every script that charged or settled calls it once it is done.
function budgets.flush()
  write_learned()
  local fields = { F.use_running, 0 }
  for _, use in ipairs(budgets.order) do
    local n = windows.flush(use.d, fields, windows.flush(use.t, fields, windows.flush(use.q, fields, 2)))
    if use.freed then
      if lanes.release_key(use.key, use.freed == "all") then signals.work() end
      use.freed = false
    end
    if use.running ~= use.was_running or n > 2 then
      fields[2] = use.running
      rcall("HSET", use.hash, unpack(fields, 1, n))
      if use.running == 0 then
        rcall("PEXPIRE", use.hash, KEEP_MS)
      elseif use.was_running == 0 then
        rcall("PERSIST", use.hash)
      end
      use.was_running = use.running
    end
  end
end
