-- adopt_jobs: make a queue one of this backend, and move its waiting jobs into groups, some in each call. Jobs come in
-- BullMQ's order: those of the list `paused` of BullMQ 5 first. New jobs come after them.
-- KEYS     base
-- ARGV     most
-- RETURNS  {"ADOPTED", left} | {"MILLRACE"}: the queue belongs to Millrace's own services
--- @include "groups"
more()
local base, most = KEYS[1], tonumber(ARGV[1])

-- The jobs of a program without groups are moved here first, so that no such program takes or adds any more.
local WAIT, PAUSED, PRIORITIZED = base .. "fair:adopt:wait", base .. "fair:adopt:paused", base .. "fair:adopt:prioritized"

local function is(key, kind) return rcall("TYPE", key).ok == kind end

if rcall("EXISTS", base .. "mr:seq", base .. "mr:seq:plain", base .. "mr:stored", base .. "mr:families") > 0 then return { "MILLRACE" } end
if not is(base .. "wait", "zset") then
  if is(base .. "wait", "list") then rcall("RENAME", base .. "wait", WAIT) end
  if is(base .. "prioritized", "zset") then rcall("RENAME", base .. "prioritized", PRIORITIZED) end
  -- Jobs with a priority keep their scores, and later ones get higher numbers.
  rcall("SET", base .. "fair:seq", rcall("GET", base .. "pc") or 0)
  groups.mark(base)
end
if is(base .. "paused", "list") and rcall("EXISTS", PAUSED) == 0 then rcall("RENAME", base .. "paused", PAUSED) end

-- The newest first, each at the head, so that all come before the jobs that are added from now on.
for _, list in ipairs({ WAIT, PAUSED }) do
  local job_ids = rcall("LRANGE", list, 0, most - 1)
  for _, job_id in ipairs(job_ids) do
    -- Old versions of BullMQ kept markers among the jobs.
    if string.sub(job_id, 1, 2) ~= "0:" then groups.put(base, job_id, 0, true) end
  end
  rcall("LTRIM", list, #job_ids, -1)
  most = most - #job_ids
  if most <= 0 then break end
end
if most > 0 then
  local jobs = rcall("ZRANGE", PRIORITIZED, 0, most - 1, "WITHSCORES")
  for i = 1, #jobs, 2 do
    groups.place(base, jobs[i], tonumber(jobs[i + 1]))
    rcall("ZREM", PRIORITIZED, jobs[i])
  end
end
return { "ADOPTED", rcall("LLEN", WAIT) + rcall("LLEN", PAUSED) + rcall("ZCARD", PRIORITIZED) }
