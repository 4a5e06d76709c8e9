-- read_outbox: read the oldest entries of the outbox, or of a list of entries that were set aside, unless another scheduler does.
-- KEYS     base
-- ARGV     now_ms, holder, hold_ms, list, after, count
-- RETURNS  {"READ", {due list, …}, per entry {id, {field, value, …}}} | {"HELD", until_ms}
-- REPEAT   safe
-- TOUCHES  mr:outbox (stream), mr:outbox-aside: (stream), mr:outbox-aside (zset), mr:outbox-mover (string)
--
-- list is "" for the outbox itself; its first page also names the lists that are due. after is the id of an entry after which
-- to begin, or "". Who reads holds the outbox for hold_ms from then on, so that schedulers do not do each other's work. Safety
-- does not rest on it: deliveries are idempotent.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local holder = ARGV[2]
local hold_ms = numbers.given(ARGV[3], "hold_ms")
local list = ARGV[4]
local after = ARGV[5]
local count = numbers.given(ARGV[6], "count")

-- The most lists that one call names. The others are due in the next one.
local MOST_LISTS = 100

local until_ms, by = string.match(rcall("GET", base .. "mr:outbox-mover") or "", "^(%d+) (.*)$")
until_ms = numbers.whole(until_ms)
-- A time that is further ahead than a hold lasts was written by a clock that was wrong.
if until_ms and by ~= holder and until_ms > now_ms and until_ms <= now_ms + 2 * hold_ms then
  return { "HELD", string.format("%.0f", until_ms) }
end
local stream = base .. (list == "" and "mr:outbox" or "mr:outbox-aside:" .. list)
local entries = rcall("XRANGE", stream, after == "" and "-" or "(" .. after, "+", "COUNT", count)
local due = {}
if list == "" and after == "" then
  due = rcall("ZRANGEBYSCORE", base .. "mr:outbox-aside", "-inf", ARGV[1], "LIMIT", 0, MOST_LISTS)
end
if #entries > 0 or #due > 0 then
  rcall("SET", base .. "mr:outbox-mover", string.format("%.0f ", now_ms + hold_ms) .. holder, "PX", 2 * hold_ms)
end
return { "READ", due, unpack(entries) }
