-- read_groups: read groups.
-- KEYS     base
-- ARGV     ; per group: id
-- RETURNS  per group its hash as a flat list, empty if there is no such group
-- REPEAT   safe
-- TOUCHES  mr:group: (hash)
local base = KEYS[1]
local rcall = redis.call

local replies = {}
for at = 0, #ARGV - 1 do
  local id = ARGV[at + 1]
  replies[at + 1] = rcall("HGETALL", base .. "mr:group:" .. id)
end
return replies
