-- belongings: removes what Millrace stores for a job or a queue, when BullMQ's scripts delete it or retry the job.
-- BullMQ's scripts do not know these keys.
--
-- Needs `base`, `rcall`, `lanes`, `stored` and `views`.
-- TOUCHES  mr:index: (zset), mr:idem: (string), mr:expiry (zset), mr:retain (zset), mr:leases (zset),
--          mr:bands (hash), mr:budgets (hash), mr:learned (hash), mr:idle: (zset), mr:seq (string),
--          mr:seq:plain (string), mr:stored (hash), mr:families (hash), mr:sorting (hash), mr:unsorted (zset),
--          mr:groups (zset), mr:groups-ended (zset), mr:group: (hash), mr:group-index: (zset), mr:spend (hash)
--- @include "spend/lib/totals"
local OF_JOB = { "mr:expiry", "mr:retain", "mr:leases" }
local OF_QUEUE = { "mr:bands", "mr:budgets", "mr:learned", "mr:idle:0", "mr:idle:1", "mr:idle:2",
  "mr:idle:3", "mr:seq", "mr:seq:plain", "mr:stored", "mr:families", "mr:sorting", "mr:unsorted" }

local function forget_job(job_key)
  local queue_prefix, job_id = string.match(job_key, "^(.*:)([^:]+)$")
  local key = lanes.key_of(job_id)
  if not key then return end
  views.look_at_groups(job_key)
  views.load_ends()
  views.gone[job_key] = views.read_ended(job_key)
  -- An idempotency key outlives its job only if the job has ended.
  local idempotency = string.match(rcall("HGET", job_key, F.idempotency) or "", "^%d+:(.*)$")
  if idempotency then
    local idem = queue_prefix .. "mr:idem:" .. key .. ":" .. idempotency
    local state, owner = string.match(rcall("GET", idem) or "", "^%S* (%S+) (%S+)$")
    if owner == job_id and state == "-" then rcall("DEL", idem) end
  end
  -- The bytes of a dead letter are counted in the queue of its job.
  local counts, bytes, usage = string.gsub(queue_prefix, "%.dead:$", ":") .. "mr:stored", stored.of_job(job_key)
  if bytes ~= 0 and numbers.add_field(counts, key, string.format("%.0f", -bytes)) == 0 then rcall("HDEL", counts, key) end
  -- A dead letter has the usage of its job, which counts by itself.
  local cost = totals.cost_in(usage)
  if cost and not string.find(queue_prefix, "%.dead:$") then totals.remove(queue_prefix .. "mr:spend", key, cost) end
  rcall("DEL", job_key .. ":output")
  rcall("ZREM", queue_prefix .. "mr:index:" .. key, string.match(job_id, "(%w+)$"))
  for _, set in ipairs(OF_JOB) do rcall("ZREM", queue_prefix .. set, job_id) end
end

local function forget_groups(queue_prefix)
  for _, set in ipairs({ "mr:groups", "mr:groups-ended" }) do
    for _, id in ipairs(rcall("ZRANGE", queue_prefix .. set, 0, -1)) do
      local key = queue_prefix .. "mr:group:" .. id
      rcall("DEL", key, key .. ":children", queue_prefix .. "mr:group-index:" .. string.match(id, "~([^~]+)~"))
    end
    rcall("DEL", queue_prefix .. set)
  end
end

-- Called for a failed job that is retried. If its dead letter stayed, a redrive would run the job twice.
function views.forget_dead(job_id)
--- @include "jobs/lib/dead"
  dead.remove(job_id)
end

-- Called before BullMQ's scripts delete several keys with one command.
function views.delete(first, second)
  if second == first .. ":logs" then return forget_job(first) end
  local queue_prefix = string.match(first, "^(.*:)events$")
  if queue_prefix and second == queue_prefix .. "delay" then
    for _, name in ipairs(OF_QUEUE) do rcall("DEL", queue_prefix .. name) end
    forget_groups(queue_prefix)
  end
end
