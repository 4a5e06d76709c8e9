-- set_limits: change the budgets of API keys in a shard.
-- KEYS     base
-- ARGV     from, version, band_weights; per key: key, limits
-- RETURNS  {"SET", 1 if one of the keys has used something lately} | {"CURRENT"}, the shard has this version or a later one | {"BEHIND", its version}: it lacks changes before from
-- REPEAT   safe
-- TOUCHES  mr:budgets (hash), mr:bands (hash), mr:use: (hash)
--
-- limits are as in lib/key_limits; "" means none. The keys are those of the shard that were changed after version `from`, up to
-- `version`. A call with from = version sets nothing: it asks which version the shard has. Names that an earlier version stored
-- are replaced. band_weights is "" or "interactive,standard,batch". The script releases held lanes whose limits have changed. The
-- shard must ask for its portions of the new limits.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local from = numbers.given(ARGV[1], "from")
local version = numbers.given(ARGV[2], "version")
local band_weights = ARGV[3]
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "lanes/lib/former_names"
--- @include "budgets/lib/portions"

former_names.replace()
local has = numbers.whole(rcall("HGET", base .. "mr:budgets", F.budgets_version)) or 0
if has >= version then
  signals.publish()
  return { "CURRENT" }
end
if has < from then
  signals.publish()
  return { "BEHIND", has }
end

if band_weights ~= "" then
  local interactive, standard, batch = string.match(band_weights, "^(%d+),(%d+),(%d+)$")
  rcall("HSET", base .. "mr:bands", F.band_weight .. "0", standard, F.band_weight .. "1", interactive,
    F.band_weight .. "2", standard, F.band_weight .. "3", batch)
end
local is_used = 0
for at = 3, #ARGV - 1, 2 do
  local key = ARGV[at + 1]
  local limits = ARGV[at + 2]
  if limits == "" then
    rcall("HDEL", base .. "mr:budgets", key)
  else
    rcall("HSET", base .. "mr:budgets", key, limits)
  end
  local use = base .. "mr:use:" .. key
  if rcall("EXISTS", use) == 1 then is_used = 1 end
  local portion = rcall("HGET", use, F.use_portion)
  if portion then portions.store(use, { version = portions.read(portion).version + 1, ask_ms = 0 }) end
  lanes.release_key(key, true)
end
rcall("HSET", base .. "mr:budgets", F.budgets_version, ARGV[2])
signals.work()
signals.publish()
return { "SET", is_used }
