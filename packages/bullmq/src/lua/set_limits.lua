-- set_limits: set the limits and the weight of one group, or of all groups that have none of their own.
-- KEYS     base
-- ARGV     whose: "*" | "=" and the group, settings | "", counts: "1" if the settings limit how many jobs run, rates: "1" if
--          they have a rate
-- RETURNS  "OK"
--- @include "groups"
more()
local base, whose, settings = KEYS[1], ARGV[1], ARGV[2]

if settings == "" then
  rcall("HDEL", base .. "fair:settings", whose)
else
  rcall("HSET", base .. "fair:settings", whose, settings)
  groups.set_flag(base, F.limits)
end
if ARGV[3] == "1" and not flags(base).counts then
  groups.set_flag(base, F.counts)
  groups.recount(base)
end
if ARGV[4] == "1" then groups.set_flag(base, F.rates) end
-- A group that may still not run is held again at its next turn.
if whose == F.defaults then
  for _, group in ipairs(rcall("ZRANGE", base .. "fair:held", 0, -1)) do groups.unhold(base, group) end
else
  groups.unhold(base, string.sub(whose, 2))
end
return "OK"
