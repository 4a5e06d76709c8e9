-- list_groups: the groups that have waiting jobs: first those that may run, by their turn, then those that a limit holds.
-- KEYS     base
-- ARGV     offset, count
-- RETURNS  groups. A group whose last job has just been taken may be among them
local base, offset, count = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local found = redis.call("ZRANGE", base .. "fair:ready", offset, offset + count - 1)
if #found < count then
  local skip = math.max(0, offset - redis.call("ZCARD", base .. "fair:ready"))
  for _, group in ipairs(redis.call("ZRANGE", base .. "fair:held", skip, skip + count - #found - 1)) do found[#found + 1] = group end
end
return found
