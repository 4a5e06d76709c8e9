-- pause_queue: stop or resume leasing, as BullMQ's pause does.
-- KEYS     base
-- ARGV     now_ms, max_events, paused
-- RETURNS  {"OK"}
-- REPEAT   safe
-- TOUCHES  meta (hash), marker (zset), events (stream)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local max_events = numbers.given(ARGV[2], "max_events")
local paused = ARGV[3] == "1"
--- @include "signals/lib/signals"

local changed
if paused then
  changed = rcall("HSET", base .. "meta", F.meta_paused, "1") == 1
  rcall("DEL", base .. "marker")
else
  changed = rcall("HDEL", base .. "meta", F.meta_paused) == 1
  if changed then
    -- The marker wakes BullMQ's workers, as the signal wakes Millrace's.
    rcall("ZADD", base .. "marker", 0, "0")
    signals.work()
  end
end
local since = changed and string.match(rcall("HGET", base .. "meta", F.meta_pause) or "", "^%d+")
if changed and paused then
  rcall("HSET", base .. "meta", F.meta_pause, string.format("%.0f", now_ms))
elseif since then
  rcall("HSET", base .. "meta", F.meta_pause, since .. " " .. string.format("%.0f", now_ms))
end
if changed and max_events > 0 then
  rcall("XADD", base .. "events", "MAXLEN", "~", max_events, "*", "event", paused and "paused" or "resumed")
end
signals.publish()
return { "OK" }
