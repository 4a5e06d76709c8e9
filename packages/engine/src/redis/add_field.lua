-- add_field: set a field of a hash, unless it is there, and note its name for read_field_page.
-- KEYS     base, which is the hash
-- ARGV     field, value
-- RETURNS  the field's value
-- REPEAT   safe
local base = KEYS[1]
local rcall = redis.call
local field = ARGV[1]
local value = ARGV[2]
--- @include "redis/lib/field_names"
if rcall("HSETNX", base, field, value) == 1 then field_names.add(field) end
return rcall("HGET", base, field)
