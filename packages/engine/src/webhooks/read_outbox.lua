-- read_outbox: read the oldest entries of the outbox, unless another scheduler does.
-- KEYS     base
-- ARGV     now_ms, holder, hold_ms, after, count
-- RETURNS  {"READ", per entry {id, {field, value, …}}} | {"HELD", until_ms}
-- REPEAT   safe
-- TOUCHES  mr:outbox (stream), mr:outbox-mover (string)
--
-- after is the id of an entry after which to begin, or "". Who reads entries holds the outbox for hold_ms from then on, so
-- that schedulers do not do each other's work. Safety does not rest on it: deliveries are idempotent.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local holder = ARGV[2]
local hold_ms = numbers.given(ARGV[3], "hold_ms")
local after = ARGV[4]
local count = numbers.given(ARGV[5], "count")

local until_ms, by = string.match(rcall("GET", base .. "mr:outbox-mover") or "", "^(%d+) (.*)$")
until_ms = numbers.whole(until_ms)
-- A time that is further ahead than a hold lasts was written by a clock that was wrong.
if until_ms and by ~= holder and until_ms > now_ms and until_ms <= now_ms + 2 * hold_ms then
  return { "HELD", string.format("%.0f", until_ms) }
end
local entries = rcall("XRANGE", base .. "mr:outbox", after == "" and "-" or "(" .. after, "+", "COUNT", count)
if #entries > 0 then
  rcall("SET", base .. "mr:outbox-mover", string.format("%.0f ", now_ms + hold_ms) .. holder, "PX", 2 * hold_ms)
end
return { "READ", unpack(entries) }
