-- waiting: taking a job out of where it waits.
--
-- Needs `base`, `rcall` and `lanes`.
-- TOUCHES  delayed (zset), prioritized (zset), wait (list)
local waiting = {}

-- The job is SCHEDULED or QUEUED; what becomes of it is the caller's.
function waiting.take_out(job_id)
  if rcall("ZREM", base .. "delayed", job_id) == 1 or lanes.remove(lanes.find(job_id), job_id)
    or rcall("ZREM", base .. "prioritized", job_id) == 1 then
    return
  end
  rcall("LREM", base .. "wait", 1, job_id)
end
