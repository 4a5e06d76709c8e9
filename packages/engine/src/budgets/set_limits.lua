-- set_limits: set the budgets of API keys, and how the bands share the workers.
-- KEYS     base
-- ARGV     version, all, band_weights; per key: key, limits
-- RETURNS  "SET" | "CURRENT", the shard has this version or a later one | "BEHIND", the shard lacks versions before this one
-- REPEAT   safe
-- TOUCHES  mr:budgets (hash), mr:bands (hash)
--
-- limits are as in lib/key_limits; "" means none. With all = 1, keys that are not named have no limits, and names that an
-- earlier version stored are replaced. Otherwise the call is a change to the version before. band_weights is "" or
-- "interactive,standard,batch". The script releases held lanes whose limits have changed.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
local all = ARGV[2] == "1"
local band_weights = ARGV[3]
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "lanes/lib/former_names"

if all then former_names.replace() end
local has = numbers.whole(rcall("HGET", base .. "mr:budgets", F.budgets_version)) or 0
if has >= version then
  signals.publish()
  return "CURRENT"
end
if not all and has ~= version - 1 then return "BEHIND" end

if band_weights ~= "" then
  local interactive, standard, batch = string.match(band_weights, "^(%d+),(%d+),(%d+)$")
  rcall("HSET", base .. "mr:bands", F.band_weight .. "0", standard, F.band_weight .. "1", interactive,
    F.band_weight .. "2", standard, F.band_weight .. "3", batch)
end
if all then
  rcall("DEL", base .. "mr:budgets")
  lanes.release_all()
end
for at = 3, #ARGV - 1, 2 do
  local key = ARGV[at + 1]
  local limits = ARGV[at + 2]
  if limits == "" then
    rcall("HDEL", base .. "mr:budgets", key)
  else
    rcall("HSET", base .. "mr:budgets", key, limits)
  end
  lanes.release_key(key, true)
end
rcall("HSET", base .. "mr:budgets", F.budgets_version, ARGV[1])
signals.work()
signals.publish()
return "SET"
