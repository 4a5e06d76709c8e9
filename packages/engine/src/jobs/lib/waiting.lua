-- waiting: taking a job out of where it waits.
--
-- Needs `base`, `rcall` and `lanes`.
-- TOUCHES  delayed (zset), prioritized (zset), wait (list), mr:classes (set), mr:held: (set)
--- @include "jobs/lib/stored"
local waiting = {}

-- The job is SCHEDULED or QUEUED; what becomes of it is the caller's.
function waiting.take_out(job_id)
  if rcall("ZREM", base .. "delayed", job_id) == 1 then
    stored.defer(job_id, -1)
    return
  end
  local lane = lanes.where(job_id)
  if lane and lanes.remove(lane, job_id)
    or rcall("ZREM", base .. "prioritized", job_id) == 1 or rcall("LREM", base .. "wait", 1, job_id) == 1 then
    return
  end
  -- It waits in another lane than its fields say: something else has written them.
  local key = lanes.key_of(job_id)
  if not key then return end
  for _, of in ipairs({ "mr:classes", "mr:held:" .. key }) do
    for _, class in ipairs(rcall("SMEMBERS", base .. of)) do
      if lanes.remove(key .. "|" .. class, job_id) then return end
    end
  end
end
