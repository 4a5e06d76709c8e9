-- add_jobs: store new jobs that wait for nothing else, as BullMQ's scripts for one job do, and put each into its group.
-- KEYS     base
-- ARGV     per job: id | "", name, data, opts, timestamp_ms, priority, lifo, group, cost
-- RETURNS  ids, in order, including those of jobs that existed already
--- @include "groups"
local PER_JOB = 9
-- BullMQ's default.
local MAX_EVENTS = 10000

local base = KEYS[1]
local events = base .. "events"
local meta = rcall("HMGET", base .. "meta", F.meta_paused, F.meta_concurrency, F.meta_max_events)
if not meta[3] then rcall("HSET", base .. "meta", F.meta_max_events, MAX_EVENTS) end
local count = #ARGV / PER_JOB
local number = rcall("INCRBY", base .. "id", count) - count
local ids, added = {}, false
for at = 0, #ARGV - 1, PER_JOB do
  number = number + 1
  local id = ARGV[at + 1]
  local given = id ~= ""
  if not given then id = string.format("%.0f", number) end
  ids[#ids + 1] = id
  local job_key = base .. id
  if given and rcall("EXISTS", job_key) == 1 then
    rcall("XADD", events, "MAXLEN", "~", meta[3] or MAX_EVENTS, "*", "event", "duplicated", "jobId", id)
  else
    local name, priority, group, cost = ARGV[at + 2], ARGV[at + 6], ARGV[at + 8], ARGV[at + 9]
    known[job_key] = group
    if group == "" then
      rcall("HSET", job_key, F.name, name, F.data, ARGV[at + 3], F.options, ARGV[at + 4], F.timestamp_ms, ARGV[at + 5],
        F.delay_ms, "0", F.priority, priority)
    else
      rcall("HSET", job_key, F.name, name, F.data, ARGV[at + 3], F.options, ARGV[at + 4], F.timestamp_ms, ARGV[at + 5],
        F.delay_ms, "0", F.priority, priority, F.group, group)
      if cost ~= "1" then
        rcall("HSET", job_key, F.cost, cost)
        if not flags(base).costs then more().set_flag(base, F.costs) end
      end
    end
    rcall("XADD", events, "*", "event", "added", "jobId", id, "name", name)
    groups.put(base, id, tonumber(priority), ARGV[at + 7] == "1")
    rcall("XADD", events, "MAXLEN", "~", meta[3] or MAX_EVENTS, "*", "event", "waiting", "jobId", id)
    added = true
  end
end
if added and not meta[1]
  and not (meta[2] and rcall("LLEN", base .. "active") >= tonumber(meta[2])) then
  rcall("ZADD", base .. "marker", 0, "0")
end
return ids
