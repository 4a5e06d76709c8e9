-- change_field: set or remove a field of a hash, and count the change in its field "*".
-- KEYS     base, which is the hash
-- ARGV     field, value, checked, before
-- RETURNS  {"SET", changes so far, 1 if the field existed before} | {"CHANGED"}: checked is 1, and the field does not hold
--          before (empty: it does not exist)
-- REPEAT   safe: it only counts one more change; with checked = 1, it replies CHANGED
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
