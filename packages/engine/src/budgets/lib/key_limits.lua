-- key_limits: reads the budget of an API key, which mr:limits stores as JSON.
--
-- Needs `rcall` and `numbers`.
-- TOUCHES
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
    stored_bytes = numbers.whole(budget[F.budget_max_stored_bytes]),
  }
  -- Many keys have the same budget.
  key_limits.read_before[text] = limits
  return limits
end
