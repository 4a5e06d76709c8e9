-- read_field_changes: read which fields of a hash were changed after a change, the earliest first.
-- KEYS     base, which is the hash
-- ARGV     after, count
-- RETURNS  {the number of the last change, the number up to which these are all changes, the number up to which the order of
--          changes is not known, changes}; each change: {field, value}. A value "" means that the field was removed
-- REPEAT   safe
--
-- after is the number of a change, and count a number of fields. change_field must have noted the order: its `ordered` says so.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local after = numbers.given(ARGV[1], "after")
local count = numbers.given(ARGV[2], "count")
--- @include "redis/lib/field_order"

local version = field_order.complete()
local unordered = numbers.whole(rcall("ZSCORE", KEYS[1] .. ":changes", "*")) or 0
local changes = {}
local found = rcall("ZRANGEBYSCORE", KEYS[1] .. ":changes", string.format("(%d", after), "+inf", "WITHSCORES", "LIMIT", 0, count)
for at = 1, #found, 2 do
  local field = found[at]
  if field ~= "*" then changes[#changes + 1] = { field, rcall("HGET", base, field) or "" } end
end
local reached = #found < 2 * count and version or tonumber(found[#found]) or after
return { version, reached, unordered, changes }
