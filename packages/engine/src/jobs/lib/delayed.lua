-- delayed: jobs that wait for a time, or for room in their group. They are in BullMQ's set with BullMQ's scores: the time in ms, multiplied by
-- 4,096, plus a running number within the millisecond.
--
-- Needs `base`, `rcall`, `lanes`, `events` and `signals`.
-- TOUCHES  delayed (zset), marker (zset)
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local delayed = {
  -- When a job is due that waits for room in its group: in 2039, later than any time that a caller may give, and exact
  -- in a score.
  NEVER_MS = 2199023255551,
}

-- When the first job is due, in ms, or nil.
function delayed.next_due()
  local first = rcall("ZRANGE", base .. "delayed", 0, 0, "WITHSCORES")
  local due_ms = first[2] and math.floor(tonumber(first[2]) / 4096)
  if due_ms and due_ms < delayed.NEVER_MS then return due_ms end
end

function delayed.add(job_id, at_ms)
  local low = at_ms * 4096
  local high = low + 4095
  local last = rcall("ZREVRANGEBYSCORE", base .. "delayed", high, low, "WITHSCORES", "LIMIT", 0, 1)
  rcall("ZADD", base .. "delayed", last[2] and math.min(tonumber(last[2]) + 1, high) or low, job_id)
  stored.defer(job_id, 1)
  events.add("delayed", job_id, "delay", at_ms)
  -- The marker wakes a blocked BullMQ worker when the first job is due.
  local next_due_ms = delayed.next_due()
  if next_due_ms then rcall("ZADD", base .. "marker", next_due_ms, "1") end
end

-- Moves up to `limit` due jobs to the tails of their lanes. Returns how many, and when the next one is due.
function delayed.promote(now_ms, limit)
  local next_due_ms = delayed.next_due()
  if not next_due_ms or next_due_ms > now_ms then return 0, next_due_ms end
  local due = rcall("ZRANGEBYSCORE", base .. "delayed", 0, (now_ms + 1) * 4096 - 1, "LIMIT", 0, limit)
  for _, job_id in ipairs(due) do
    rcall("ZREM", base .. "delayed", job_id)
    stored.defer(job_id, -1)
    local job_key = base .. job_id
    local lane, priority = lanes.find(job_id)
    lanes.put(lane, job_id, priority or numbers.whole(rcall("HGET", job_key, F.priority)) or 0, false)
    rcall("HSET", job_key, F.delay_ms, "0")
    events.add("waiting", job_id, "prev", "delayed")
    signals.add("s QUEUED", job_id)
  end
  signals.work()
  rcall("ZADD", base .. "marker", 0, "0")
  return #due, delayed.next_due()
end
