-- set_models: set the routes of models.
-- KEYS     base
-- ARGV     version, all; per model: model, routes
-- RETURNS  "SET" | "CURRENT", the shard has this version or a later one | "BEHIND", the shard lacks versions before this one
-- REPEAT   safe
-- TOUCHES  mr:models (hash)
--
-- routes are as in lib/routes; "" means that the model is removed. With all = 1, models that are not named are removed.
-- Otherwise the call is a change to the version before.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local version = numbers.given(ARGV[1], "version")
local all = ARGV[2] == "1"
--- @include "signals/lib/signals"

local has = numbers.whole(rcall("HGET", base .. "mr:models", F.models_version)) or 0
if has >= version then return "CURRENT" end
if not all and has ~= version - 1 then return "BEHIND" end

if all then rcall("DEL", base .. "mr:models") end
for at = 2, #ARGV - 1, 2 do
  local model = ARGV[at + 1]
  local routes = ARGV[at + 2]
  if routes == "" then
    rcall("HDEL", base .. "mr:models", model)
  else
    rcall("HSET", base .. "mr:models", model, routes)
  end
end
rcall("HSET", base .. "mr:models", F.models_version, ARGV[1])
-- Jobs of these models may have an open route now.
signals.work()
signals.publish()
return "SET"
