-- measure_outbox: count the entries of a shard's outbox.
-- KEYS     base
-- ARGV
-- RETURNS  {"OK", new, set_aside}
-- REPEAT   safe
-- TOUCHES  mr:outbox (stream), mr:outbox-aside: (stream), mr:outbox-aside (zset)
local base = KEYS[1]
local rcall = redis.call
local set_aside = 0
for _, list in ipairs(rcall("ZRANGE", base .. "mr:outbox-aside", 0, -1)) do
  set_aside = set_aside + rcall("XLEN", base .. "mr:outbox-aside:" .. list)
end
return { "OK", rcall("XLEN", base .. "mr:outbox"), set_aside }
