-- dead: jobs that failed for good. They are kept for redrive in a separate BullMQ queue ("<queue>.dead", in the same
-- slot), which needs no workers. A dead letter has the id of its job, what was submitted, and the history of its
-- attempts; it outlives the job.
--
-- Its hash has BullMQ's fields, the fields of the job in COPIED, F.died_ms, and F.job_bytes, the bytes that it counts
-- as (see lib/stored). mr:dead orders the dead letters of a shard by F.died_ms.
--
-- Needs `base`, `rcall`, `now_ms`, `now_text` and `numbers`.
-- TOUCHES  mr:dead (zset), prioritized (zset), pc (string), meta (hash), marker (zset), events (stream)
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local dead = { base = string.sub(base, 1, -2) .. ".dead:" }

local COPIED = { F.type, F.payload, F.bull_options, F.submitted_ms, F.priority, F.spec, F.failure_message, F.failure, F.attempts_spent, F.stalls, F.bounces,
  F.usage, F.history, F.started_ms, F.next_offset, F.group }
-- How many events about dead letters BullMQ's stream keeps.
local MAX_DEAD_EVENTS = 1000

-- The bytes that a dead letter counts as; 0 if it does not exist.
local function bytes_of(job_id)
  return numbers.whole(rcall("HGET", dead.base .. job_id, F.job_bytes)) or 0
end

function dead.add(job_id)
  local args = { F.died_ms, now_text }
  local values = rcall("HMGET", base .. job_id, unpack(COPIED))
  for i, name in ipairs(COPIED) do
    if values[i] then
      args[#args + 1] = name
      args[#args + 1] = values[i]
    end
  end
  -- A dead letter counts the bytes of its job's submission and history, and of the failure.
  local bytes = (numbers.whole(rcall("HGET", base .. job_id, F.job_bytes)) or 0) + #(values[8] or "")
  stored.add(job_id, bytes - bytes_of(job_id))
  rcall("HSET", dead.base .. job_id, F.job_bytes, bytes, unpack(args))
  rcall("ZADD", dead.base .. "mr:dead", now_ms, job_id)
  -- BullMQ's score: by priority, then by a running number.
  local priority = math.max(1, numbers.whole(values[5]) or 1)
  rcall("ZADD", dead.base .. "prioritized", priority * 4294967296 + numbers.add(dead.base .. "pc", 1) % 4294967296, job_id)
  rcall("XADD", dead.base .. "events", "MAXLEN", "~", MAX_DEAD_EVENTS, "*", "event", "added", "jobId", job_id, "name",
    values[1] or "")
  rcall("HSET", dead.base .. "meta", F.meta_max_events, MAX_DEAD_EVENTS)
  rcall("ZADD", dead.base .. "marker", 0, "0")
end

-- Removes a dead letter. Returns false if it did not exist.
function dead.remove(job_id)
  stored.add(job_id, -bytes_of(job_id))
  rcall("ZREM", dead.base .. "prioritized", job_id)
  rcall("DEL", dead.base .. job_id)
  return rcall("ZREM", dead.base .. "mr:dead", job_id) == 1
end
