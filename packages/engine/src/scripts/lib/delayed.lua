-- delayed: jobs that wait for a time, in BullMQ's set with BullMQ's scores: the time in ms, times
-- 4,096, plus a running number within the millisecond.
--
-- Needs `base`, `rcall`, `lanes` and `signals`.
-- TOUCHES  delayed (zset), marker (zset), events (stream)
local delayed = {}

-- When the first job is due, in ms, or nil.
function delayed.next_due()
  local first = rcall("ZRANGE", base .. "delayed", 0, 0, "WITHSCORES")
  if first[2] then return math.floor(tonumber(first[2]) / 4096) end
end

function delayed.add(job_id, at_ms, max_events)
  local low = at_ms * 4096
  local high = low + 4095
  local last = rcall("ZREVRANGEBYSCORE", base .. "delayed", string.format("%.0f", high),
    string.format("%.0f", low), "WITHSCORES", "LIMIT", 0, 1)
  local score = last[2] and math.min(tonumber(last[2]) + 1, high) or low
  rcall("ZADD", base .. "delayed", string.format("%.0f", score), job_id)
  rcall("XADD", base .. "events", "MAXLEN", "~", max_events, "*", "event", "delayed", "jobId", job_id,
    "delay", string.format("%.0f", at_ms))
  -- A blocked BullMQ worker wakes when the first one is due.
  rcall("ZADD", base .. "marker", string.format("%.0f", delayed.next_due()), "1")
end

-- Moves up to `limit` due jobs to the tails of their lanes. Returns how many.
function delayed.promote(now_ms, limit, max_events)
  local due = rcall("ZRANGEBYSCORE", base .. "delayed", 0, string.format("%.0f", (now_ms + 1) * 4096 - 1),
    "LIMIT", 0, limit)
  for _, job_id in ipairs(due) do
    rcall("ZREM", base .. "delayed", job_id)
    local job_key = base .. job_id
    local lane, priority = lanes.find(job_id)
    lanes.put(lane, job_id, priority or tonumber(rcall("HGET", job_key, "priority")) or 0, false)
    rcall("HSET", job_key, "delay", "0")
    rcall("XADD", base .. "events", "MAXLEN", "~", max_events, "*", "event", "waiting", "jobId", job_id,
      "prev", "delayed")
    signals.add("s" .. job_id .. " QUEUED")
  end
  if #due > 0 then
    signals.work()
    rcall("ZADD", base .. "marker", 0, "0")
  end
  return #due
end
