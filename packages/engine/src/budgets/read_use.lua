-- read_use: read how much of their budgets API keys use now.
-- KEYS     base
-- ARGV     now_ms; per key: key
-- RETURNS  per key {running, requests, tokens, day_tokens, requests_clear_ms | "", tokens_clear_ms | "", day_clear_ms | ""}
-- REPEAT   safe
-- TOUCHES  mr:use: (hash)
--
-- If a limit is used up, its clear_ms is when one request, or one token, is free again.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
--- @include "budgets/lib/windows"
--- @include "budgets/lib/key_limits"

local kinds = { q = windows.kind(F.requests_window, 1000, 60, now_ms), t = windows.kind(F.tokens_window, 1000, 60, now_ms),
  d = windows.kind(F.day_window, 900000, 96, now_ms) }

local function use_of(key, text)
  local hash = base .. "mr:use:" .. key
  local f = rcall("HMGET", hash, F.use_running, F.requests_sum, F.requests_first, F.requests_last, F.tokens_sum, F.tokens_first, F.tokens_last, F.day_sum, F.day_first, F.day_last)
  local q = windows.open(kinds.q, hash, f[2], f[3], f[4])
  local t = windows.open(kinds.t, hash, f[5], f[6], f[7])
  local d = windows.open(kinds.d, hash, f[8], f[9], f[10])
  local fields = {}
  windows.flush(d, fields, windows.flush(t, fields, windows.flush(q, fields, 0)))
  if #fields > 0 then rcall("HSET", hash, unpack(fields)) end
  local limits = text and key_limits.read(text) or {}
  local function clear(window, limit)
    local at = limit and windows.clears_at(window, window.sum + 1 - limit)
    return at and string.format("%.0f", at) or ""
  end
  local function amount(number) return string.format("%.0f", math.max(0, number)) end
  return { amount(numbers.whole(f[1]) or 0), amount(q.sum), amount(t.sum), amount(d.sum), clear(q, limits.requests),
    clear(t, limits.tokens), clear(d, limits.day) }
end

local keys = {}
for at = 1, #ARGV - 1 do
  local key = ARGV[at + 1]
  keys[at] = key
end
local texts, replies = key_limits.texts(keys), {}
for i, key in ipairs(keys) do replies[i] = use_of(key, texts[i]) end
return replies
