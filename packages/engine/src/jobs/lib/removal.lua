-- removal: takes a job that has ended out of all places that keep it.
--
-- Needs `base`, `rcall`, `events` and `stored`. The sets are "completed" and "failed".
-- TOUCHES  mr:retain (zset), mr:index: (zset), mr:spend (hash)
--- @include "spend/lib/totals"
local removal = { costs = {} }

-- Removes a job of the set "completed" or "failed". Its idempotency key stays: it has an expiry of its own.
function removal.remove(set, job_id)
  local job_key = base .. job_id
  local bytes, usage = stored.of_job(job_key)
  stored.add(job_id, -bytes)
  rcall("DEL", job_key, job_key .. ":lock", job_key .. ":output", job_key .. ":logs",
    job_key .. ":dependencies", job_key .. ":processed", job_key .. ":failed", job_key .. ":unsuccessful")
  rcall("ZREM", base .. "mr:retain", job_id)
  rcall("ZREM", base .. set, job_id)
  local key, ulid = string.match(job_id, "^[^~]+~([^~]+)~(%w+)$")
  if key then
    rcall("ZREM", base .. "mr:index:" .. key, ulid)
    local cost = totals.cost_in(usage)
    if cost then removal.costs[key] = costs.sum(removal.costs[key] or 0, cost) end
  end
  events.add("removed", job_id, "prev", set)
end

-- Counts what the removed jobs cost. Scripts call it after their last removal.
function removal.flush()
  for key, micros in pairs(removal.costs) do totals.remove(base .. "mr:spend", key, micros) end
end
