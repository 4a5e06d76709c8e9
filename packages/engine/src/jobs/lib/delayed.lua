-- delayed: jobs that wait for a time, or for room in their group. They are in BullMQ's set with BullMQ's scores (lib/due).
--
-- Needs `base`, `rcall`, `lanes`, `events` and `signals`.
-- TOUCHES  delayed (zset), marker (zset)
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
--- @include "jobs/lib/due"
local delayed = {}

-- When the first job is due, in ms, or nil.
function delayed.next_due()
  local first = rcall("ZRANGE", base .. "delayed", 0, 0, "WITHSCORES")
  return first[2] and due.time_of(first[2])
end

function delayed.add(job_id, at_ms)
  local low = at_ms * due.SCORES_PER_MS
  local high = low + due.SCORES_PER_MS - 1
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
  local ids = rcall("ZRANGEBYSCORE", base .. "delayed", 0, (now_ms + 1) * due.SCORES_PER_MS - 1, "LIMIT", 0, limit)
  for _, job_id in ipairs(ids) do
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
  return #ids, delayed.next_due()
end
