-- removal: removes all that is stored of a group. Its children and its waiter are jobs of their own.
--
-- Needs `base`, `rcall` and `numbers`.
-- TOUCHES  mr:group: (hash), mr:groups (zset), mr:groups-ended (zset), mr:group-index: (zset)
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local removal = {}

function removal.remove(id)
  local group_key = base .. "mr:group:" .. id
  local key, ulid = string.match(id, "^[^~]+~([^~]+)~(%w+)$")
  if not key then return end
  stored.add_to_key(key, -(numbers.whole(rcall("HGET", group_key, F.group_bytes)) or 0))
  rcall("DEL", group_key, group_key .. ":children")
  rcall("ZREM", base .. "mr:groups", id)
  rcall("ZREM", base .. "mr:groups-ended", id)
  rcall("ZREM", base .. "mr:group-index:" .. key, ulid)
end
