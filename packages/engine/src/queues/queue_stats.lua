-- queue_stats: count the jobs in each state.
-- KEYS     base
-- ARGV     sample
-- RETURNS  {"OK", queued, scheduled, running, succeeded, failed, lanes, {job_id…}, paused, dead, groups}
-- REPEAT   safe
-- TOUCHES  mr:depth (hash), wait (list), prioritized (zset), delayed (zset), active (list),
--          completed (zset), failed (zset), meta (hash), mr:classes (set), mr:ready: (zset),
--          mr:held (zset), mr:lane: (zset), mr:groups (zset)
--
-- The job ids are the first jobs of up to `sample` lanes of each class, in the order of their turns, and of up to
-- `sample` held lanes.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"

local sample = numbers.given(ARGV[1], "sample")

local queued = (numbers.whole(rcall("HGET", base .. "mr:depth", F.depth_all)) or 0)
  + rcall("LLEN", base .. "wait") + rcall("ZCARD", base .. "prioritized")
local lanes, heads = 0, {}
for _, class in ipairs(rcall("SMEMBERS", base .. "mr:classes")) do
  local ready = base .. "mr:ready:" .. class
  lanes = lanes + rcall("ZCARD", ready)
  for _, key in ipairs(rcall("ZRANGE", ready, 0, sample - 1)) do
    heads[#heads + 1] = rcall("ZRANGE", base .. "mr:lane:" .. key .. "|" .. class, 0, 0)[1]
  end
end
lanes = lanes + rcall("ZCARD", base .. "mr:held")
for _, lane in ipairs(rcall("ZRANGE", base .. "mr:held", 0, sample - 1)) do
  heads[#heads + 1] = rcall("ZRANGE", base .. "mr:lane:" .. lane, 0, 0)[1]
end
return { "OK", queued, rcall("ZCARD", base .. "delayed"), rcall("LLEN", base .. "active"),
  rcall("ZCARD", base .. "completed"), rcall("ZCARD", base .. "failed"), lanes, heads,
  rcall("HEXISTS", base .. "meta", F.meta_paused), rcall("ZCARD", string.sub(base, 1, -2) .. ".dead:mr:dead"),
  rcall("ZCARD", base .. "mr:groups") }
