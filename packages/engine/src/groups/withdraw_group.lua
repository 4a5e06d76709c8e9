-- withdraw_group: remove a group whose finalizer was refused.
-- KEYS     base
-- ARGV     id
-- RETURNS  "WITHDRAWN" | "HAS_CHILDREN" | "KEPT": its finalizer has been stored by a repeated call
-- REPEAT   safe
-- TOUCHES  mr:group: (hash)
--
-- If nobody calls it, tend_groups removes the group.
local base = KEYS[1]
local rcall = redis.call
local id = ARGV[1]
--- @include "groups/lib/removal"

local fields = rcall("HMGET", base .. "mr:group:" .. id, F.group_waited, F.group_total)
if fields[1] and fields[1] ~= "" then return "KEPT" end
if (numbers.whole(fields[2]) or 0) > 0 then return "HAS_CHILDREN" end
removal.remove(id)
stored.flush()
return "WITHDRAWN"
