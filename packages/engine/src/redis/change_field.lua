-- change_field: set or remove a field of a hash, and count the change in its field "*".
-- KEYS     base, which is the hash
-- ARGV     field, value, checked, before
-- RETURNS  {"SET", changes so far, 1 if the field was there before} | {"CHANGED"}: checked is 1, and it does not hold before
--          (empty: it is not there)
-- REPEAT   safe: it counts one more change, which changes nothing; where it is checked, it finds it changed
--
-- An empty value removes the field.
local base = KEYS[1]
local field = ARGV[1]
local value = ARGV[2]
local checked = ARGV[3] == "1"
local before = ARGV[4]
local held = redis.call("HGET", base, field)
if checked and (held or "") ~= before then return { "CHANGED" } end
if value == "" then
  redis.call("HDEL", base, field)
else
  redis.call("HSET", base, field, value)
end
return { "SET", redis.call("HINCRBY", base, "*", 1), held and 1 or 0 }
