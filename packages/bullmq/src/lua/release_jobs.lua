-- release_jobs: give a queue back to plain BullMQ, some jobs in each call. The last call moves all jobs at once, in the fair
-- order of their groups, whatever limits hold.
-- KEYS     base
-- ARGV     most
-- RETURNS  how many jobs are left; if 0, the queue is BullMQ's
--- @include "groups"
more()
local base, most = KEYS[1], tonumber(ARGV[1])
local WAIT, PRIORITIZED = base .. "fair:release:wait", base .. "fair:release:prioritized"

if rcall("TYPE", base .. "wait").ok ~= "zset" then return 0 end
-- No limit counts any more.
rcall("DEL", base .. "fair:settings", base .. "fair:until", base .. "fair:running")
rcall("HDEL", base .. "fair:meta", F.limits, F.rates, F.counts)
groups.forget_flags(base)
groups.unhold_all(base)
for _ = 1, most do
  local job_id, score = groups.take(base)
  if not job_id and rcall("ZCARD", base .. "fair:ready") == 0 then
    -- A job of no group would be lost. The mark is before all jobs.
    local stray = rcall("ZRANGE", base .. "wait", 1, 1, "WITHSCORES")
    job_id, score = stray[1], tonumber(stray[2])
    if not job_id then
      groups.forget(base)
      local found = false
      for key, name in pairs({ [WAIT] = "wait", [PRIORITIZED] = "prioritized" }) do
        if rcall("EXISTS", key) == 1 then
          rcall("RENAME", key, base .. name)
          found = true
        end
      end
      if found then rcall("ZADD", base .. "marker", 0, "0") end
      return 0
    end
    rcall("ZREM", base .. "wait", job_id)
  end
  if job_id and score < 0 then
    rcall("LPUSH", WAIT, job_id)
  elseif job_id then
    rcall("ZADD", PRIORITIZED, math.floor(score / RUN) * RUN + rcall("INCR", base .. "pc") % RUN, job_id)
  end
end
-- The last call finds that there is none.
return math.max(1, rcall("ZCARD", base .. "wait") - 1)
