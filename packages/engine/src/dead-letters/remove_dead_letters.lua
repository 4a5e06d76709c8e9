-- remove_dead_letters: delete the named dead letters, and those that died before a time.
-- KEYS     base
-- ARGV     before_ms, limit; per letter: id
-- RETURNS  {"OK", removed}
-- REPEAT   safe
-- TOUCHES  mr:dead (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local before_ms = numbers.given(ARGV[1], "before_ms")
local limit = numbers.given(ARGV[2], "limit")
local now_ms, now_text = 0, "0"
--- @include "jobs/lib/dead"

local removed = 0
for at = 2, #ARGV - 1 do
  local id = ARGV[at + 1]
  if dead.remove(id) then removed = removed + 1 end
end
for _, id in ipairs(rcall("ZRANGEBYSCORE", dead.base .. "mr:dead", "-inf", "(" .. before_ms, "LIMIT", 0, limit)) do
  dead.remove(id)
  removed = removed + 1
end
stored.flush()
return { "OK", removed }
