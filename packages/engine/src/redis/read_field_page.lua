-- read_field_page: read some fields of a hash, in the order of their names. add_field has added them.
-- KEYS     base, which is the hash
-- ARGV     from, count
-- RETURNS  the fields' values
-- REPEAT   safe
--
-- from is "" for the first name, "(" and a name to begin after it, or "[" and a name to begin with it.
local base = KEYS[1]
local rcall = redis.call
local from = ARGV[1]
local count = ARGV[2]
--- @include "redis/lib/field_names"
field_names.complete()
if from == "" then from = "-" end
local names = rcall("ZRANGEBYLEX", KEYS[1] .. ":names", from, "+", "LIMIT", 0, count)
if #names == 0 then return {} end
return rcall("HMGET", base, unpack(names))
