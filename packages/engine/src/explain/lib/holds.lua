-- holds: what of budgets, provider accounts and turns holds a job in a lane, for scripts that explain it.
--
-- Needs `base`, `rcall`, `now_ms`, `lanes` and `signals`.
-- TOUCHES  mr:ready: (zset), mr:held (zset)
--- @include "redis/lib/numbers"
--- @include "budgets/lib/budgets"
--- @include "accounts/lib/slices"
--- @include "models/lib/routes"
--- @include "lanes/lib/pace"
local holds = {}

-- A whole number as text, or "" for nil.
function holds.text(number)
  return number and string.format("%.0f", number) or ""
end

-- The routes of a job of a model, in the order in which a lease tries them: account, model, whether the account is governed,
-- tokens, and whether the job has failed on it, for each route.
local function of_routes(key, pool, tokens, usual, failed)
  local found, list = {}, routes.of(pool)
  for _, route in ipairs(list and routes.in_order(list, failed) or {}) do
    local own = slices.for_pool(route.account)
    local n = #found
    found[n + 1], found[n + 2], found[n + 3] = route.account, route.model, own and 1 or 0
    found[n + 4] = holds.text(own and slices.capped(own, key, tokens, usual) or tokens)
    found[n + 5] = string.find(" " .. (failed or "") .. " ", " " .. route.account .. " ", 1, true) and 1 or 0
  end
  return found
end

-- The facts as texts, by the names in the replies of explain_job and quote_job. `pool` is what the job's stored lane has there. `est`
-- and `failed` are the job's estimate and the accounts that it has failed on, or false. `default_tokens` is the queue's.
function holds.of(key, class, lane, pool, est, failed, default_tokens)
  local text = holds.text
  local limits_text, learned = budgets.limits_of({ key })
  limits_text, learned = limits_text[1], numbers.whole(learned[1])
  local limits = limits_text and key_limits.read(limits_text)
  local tokens, usual, held_tokens = budgets.expected(numbers.whole(est), learned, default_tokens, limits)
  local slice = slices.for_pool(pool)
  local by_route = of_routes(key, pool, tokens, usual, failed)
  if slice then tokens = slices.capped(slice, key, tokens, usual) end
  local running, requests, used, day, requests_clear, tokens_clear, day_clear = 0, 0, 0, 0, nil, nil, nil
  local in_pool = 0
  if limits then
    local use = budgets.use_of(key)
    in_pool = budgets.running_in(use, pool).running
    running, requests, used, day = use.running, use.q.sum, use.t.sum, use.d.sum
    local function clear(window, limit, needed)
      return limit and windows.clears_at(window, window.sum + needed - limit)
    end
    requests_clear = clear(use.q, limits.requests, 1)
    tokens_clear = clear(use.t, limits.tokens, held_tokens)
    day_clear = clear(use.d, limits.day, held_tokens)
    -- Reading has dropped buckets that no longer count. This writes the result, so that no later read repeats the work.
    budgets.flush()
  end
  local held = rcall("ZSCORE", base .. "mr:held", lane) and 1 or 0
  local leased, since_ms = pace.lately(class)
  return { tokens = text(tokens), held_tokens = text(held_tokens), limits = limits_text or "", running = text(running),
    requests = text(requests), tokens_used = text(used), day_used = text(day), requests_clear = text(requests_clear),
    tokens_clear = text(tokens_clear), day_clear = text(day_clear), governed = slice and 1 or 0,
    lanes = text(rcall("ZCARD", base .. "mr:ready:" .. class) + held), leased = text(leased), since = text(since_ms),
    in_pool = text(in_pool), routes = by_route }
end
