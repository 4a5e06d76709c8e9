-- key_limits: reads the budgets of API keys, which mr:budgets stores as JSON.
--
-- Needs `base`, `rcall` and `numbers`.
-- TOUCHES  mr:budgets (hash), mr:limits (hash)
--- @include "redis/lib/json"
local key_limits = { read_before = {} }

-- Earlier versions stored the values alone, in this order and separated by commas. A shard has them until the first
-- scheduler of this version brings it up to date.
local FORMER = { F.budget_weight, F.budget_requests_per_minute, F.budget_tokens_per_minute, F.budget_tokens_per_day,
  F.budget_max_running, F.budget_max_queued, F.budget_max_priority, F.budget_max_stored_bytes }

local function former_budget(text)
  local budget, at = {}, 0
  for value in string.gmatch(text .. ",", "([^,]*),") do
    at = at + 1
    if FORMER[at] then budget[FORMER[at]] = value end
  end
  return budget
end

-- The budgets of several keys as text, in the order of the keys, with the shard's default for keys that have none, or false. A shard that has no version is not
-- brought up to date yet: what an earlier version stored is in mr:limits (see set_limits).
function key_limits.texts(keys)
  local count = #keys
  keys[count + 1], keys[count + 2] = F.budgets_version, F.budgets_default
  local texts = rcall("HMGET", base .. "mr:budgets", unpack(keys))
  if not texts[count + 1] then texts = rcall("HMGET", base .. "mr:limits", unpack(keys)) end
  local usual = texts[count + 2]
  keys[count + 1], texts[count + 1], keys[count + 2], texts[count + 2] = nil, nil, nil, nil
  if usual then
    for i = 1, count do texts[i] = texts[i] or usual end
  end
  return texts
end

-- The limits of a budget, each nil if it does not apply. `weight` is 1 if the budget has none.
function key_limits.read(text)
  local known = key_limits.read_before[text]
  if known then return known end
  local budget = string.sub(text, 1, 1) == "{" and json.read(text) or former_budget(text)
  local weight = numbers.finite(budget[F.budget_weight])
  if not weight or weight <= 0 then weight = 1 end
  local limits = {
    weight = weight,
    weight_text = weight % 1 == 0 and string.format("%.0f", weight) or tostring(weight),
    requests = numbers.whole(budget[F.budget_requests_per_minute]),
    tokens = numbers.whole(budget[F.budget_tokens_per_minute]),
    day = numbers.whole(budget[F.budget_tokens_per_day]),
    running = numbers.whole(budget[F.budget_max_running]),
    queued = numbers.whole(budget[F.budget_max_queued]),
    priority = numbers.whole(budget[F.budget_max_priority]),
    running_per_pool = numbers.whole(budget[F.budget_max_running_per_pool]),
    stored_bytes = numbers.whole(budget[F.budget_max_stored_bytes]),
  }
  -- The limits of an internal queue hold in that queue alone.
  limits.shared = not limits.running_per_pool
  -- Many keys have the same budget.
  key_limits.read_before[text] = limits
  return limits
end
