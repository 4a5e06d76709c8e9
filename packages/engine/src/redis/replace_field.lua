-- replace_field: change one field of a hash if it still holds what the caller read.
-- KEYS     base, which is the hash
-- ARGV     field, before, after
-- RETURNS  {"OK"} | {"CHANGED"}
-- REPEAT   safe: the second call finds the field changed, and the caller reads it again
local base = KEYS[1]
local field = ARGV[1]
local before = ARGV[2]
local after = ARGV[3]
if redis.call("HGET", base, field) ~= before then return { "CHANGED" } end
redis.call("HSET", base, field, after)
return { "OK" }
