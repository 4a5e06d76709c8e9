-- read_account: read the status of a provider account.
-- KEYS     base
-- ARGV     now_ms
-- RETURNS  {state, next_try_ms | "", running, running_limit | "", requests, tokens, requests_clear_ms | "",
--          tokens_clear_ms | "", since_ms | "", why, failures, last_refusal (see R in stored-records.ts),
--          last_failure_ms | "", last_cool_down_ms | ""}
-- REPEAT   safe
-- TOUCHES  mr:account (hash)
--
-- base is that of the account (see exchange_account). If a limit is used up, its clear_ms is when one request, or one
-- token, is free again.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
--- @include "budgets/lib/windows"
--- @include "accounts/lib/failures"

local hash = base .. "mr:account"
local f = rcall("HMGET", hash, F.account_state, F.account_cool_until_ms, F.account_allowed, F.account_learned_running, F.account_requests_limit, F.account_tokens_limit, F.account_running_limit, F.requests_sum, F.requests_first, F.requests_last, F.tokens_sum, F.tokens_first, F.tokens_last, F.account_episode_ms, F.account_cool_reason, F.account_failures, F.account_probe_until_ms, F.account_generation, F.account_last_refusal, F.account_cooling_ms)
local q = windows.open(windows.kind(F.requests_window, 1000, 61, now_ms), hash, f[8], f[9], f[10])
local t = windows.open(windows.kind(F.tokens_window, 1000, 61, now_ms), hash, f[11], f[12], f[13])
local fields = {}
windows.flush(t, fields, windows.flush(q, fields, 0))
if #fields > 0 and f[18] then rcall("HSET", hash, unpack(fields)) end

local function clear(window, limit)
  limit = numbers.whole(limit)
  local at = limit and windows.clears_at(window, window.sum + 1 - limit)
  return at and string.format("%.0f", at) or ""
end
local state, cool_until = f[1] or "", numbers.whole(f[2])
if state == "cool" and cool_until and cool_until <= now_ms then state = "half" end
local bound = math.min(numbers.whole(f[7]) or math.huge, numbers.finite(f[4]) or math.huge)
local next_try = state == "half" and f[17] or f[2] or ""
return { state, next_try, f[3] or "0", bound < math.huge and string.format("%.0f", math.floor(bound)) or "",
  string.format("%.0f", q.sum), string.format("%.0f", t.sum), clear(q, f[5]), clear(t, f[6]),
  f[14] or "", f[15] or "", (failures.count(f[16] or "")), f[19] or "", failures.latest(f[16] or "") or "", f[20] or "" }
