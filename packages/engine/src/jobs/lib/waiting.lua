-- waiting: removes a job from the place where it waits.
--
-- Needs `base`, `rcall` and `lanes`.
-- TOUCHES  delayed (zset), waiting-children (zset), prioritized (zset), wait (list), mr:classes (set), mr:held: (set)
--- @include "jobs/lib/stored"
local waiting = {
  -- What BullMQ's events call the places of jobs that wait.
  PLACES = { QUEUED = "waiting", SCHEDULED = "delayed", WAITING = "waiting-children" },
}

-- The job must be SCHEDULED, QUEUED or WAITING. The caller decides what happens to it next.
function waiting.take_out(job_id)
  if rcall("ZREM", base .. "delayed", job_id) == 1 or rcall("ZREM", base .. "waiting-children", job_id) == 1 then
    stored.defer(job_id, -1)
    return
  end
  local lane = lanes.where(job_id)
  if lane and lanes.remove(lane, job_id)
    or rcall("ZREM", base .. "prioritized", job_id) == 1 or rcall("LREM", base .. "wait", 1, job_id) == 1 then
    return
  end
  -- The job waits in another lane than its fields say, because another program has written them.
  local key = lanes.key_of(job_id)
  if not key then return end
  for _, set in ipairs({ "mr:classes", "mr:held:" .. key }) do
    for _, class in ipairs(rcall("SMEMBERS", base .. set)) do
      if lanes.remove(key .. "|" .. class, job_id) then return end
    end
  end
end
