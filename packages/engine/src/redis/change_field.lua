-- change_field: set or remove a field of a hash, and count the change in its field "*".
-- KEYS     base, which is the hash
-- ARGV     field, value, checked, before, ordered
-- RETURNS  {"SET", changes so far, 1 if the field existed before} | {"CHANGED"}: checked is 1, and the field does not hold
--          before (empty: it does not exist)
-- REPEAT   safe: it only counts one more change; with checked = 1, it replies CHANGED
--
-- An empty value removes the field. With ordered = 1, it notes the order of changes for read_field_changes.
local base = KEYS[1]
local rcall = redis.call
local field = ARGV[1]
local value = ARGV[2]
local checked = ARGV[3] == "1"
local before = ARGV[4]
local ordered = ARGV[5] == "1"
--- @include "redis/lib/numbers"
--- @include "redis/lib/field_order"

local held = rcall("HGET", base, field)
if checked and (held or "") ~= before then return { "CHANGED" } end
if ordered then field_order.complete() end
if value == "" then
  rcall("HDEL", base, field)
else
  rcall("HSET", base, field, value)
end
local version = rcall("HINCRBY", base, "*", 1)
if ordered then field_order.note(field, version) end
return { "SET", version, held and 1 or 0 }
