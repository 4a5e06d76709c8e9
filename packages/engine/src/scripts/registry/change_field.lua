-- change_field: set or remove a field of a hash, and count the change in its field "*".
-- KEYS     base, which is the hash
-- ARGV     field, value (empty: remove it)
-- RETURNS  {changes so far, 1 if the field was there before}
-- REPEAT   safe: it counts one more change, which changes nothing
local base = KEYS[1]
local field = ARGV[1]
local value = ARGV[2]
local was_there = redis.call("HEXISTS", base, field)
if value == "" then
  redis.call("HDEL", base, field)
else
  redis.call("HSET", base, field, value)
end
return { redis.call("HINCRBY", base, "*", 1), was_there }
