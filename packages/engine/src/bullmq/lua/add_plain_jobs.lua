-- add_plain_jobs: store new jobs that wait for nothing else, as BullMQ's scripts for one job do, and put each job into its
-- lane.
-- KEYS     base
-- ARGV     per job: id | "", name, data, opts, timestamp_ms, priority, lifo
-- RETURNS  ids, in order, including those of jobs that existed already
-- REPEAT   safe if ids are given
-- TOUCHES  id (string), meta (hash), active (list), marker (zset), events (stream), mr:index: (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"

local PER_JOB = 7
-- BullMQ's default.
local MAX_EVENTS = 10000

local events = base .. "events"
local meta = rcall("HMGET", base .. "meta", F.meta_paused, F.meta_concurrency, F.meta_max_events)
if not meta[3] then rcall("HSET", base .. "meta", F.meta_max_events, MAX_EVENTS) end
local count = #ARGV / PER_JOB
local number = rcall("INCRBY", base .. "id", count) - count
local ids = {}
local added = false
for at = 0, #ARGV - 1, PER_JOB do
  number = number + 1
  local id = ARGV[at + 1]
  if id == "" then id = string.format("%.0f", number) end
  ids[#ids + 1] = id
  local job_key = base .. id
  if rcall("EXISTS", job_key) == 1 then
    rcall("XADD", events, "*", "event", "duplicated", "jobId", id)
  else
    local name, priority = ARGV[at + 2], ARGV[at + 6]
    rcall("HSET", job_key, F.type, name, F.payload, ARGV[at + 3], F.bull_options, ARGV[at + 4],
      F.submitted_ms, ARGV[at + 5], F.delay_ms, "0", F.priority, priority)
    rcall("XADD", events, "*", "event", "added", "jobId", id, "name", name)
    rcall("XADD", events, "*", "event", "waiting", "jobId", id)
    priority = tonumber(priority)
    lanes.put(lanes.for_type(lanes.id(id, priority), name), id, priority, ARGV[at + 7] == "1")
    added = true
    local key = lanes.key_of(id)
    if key then
      rcall("ZADD", base .. "mr:index:" .. key, 0, string.match(id, "(%w+)$"))
      signals.work()
      signals.add("s QUEUED", id)
    end
  end
end
rcall("XTRIM", events, "MAXLEN", "~", meta[3] or MAX_EVENTS)
lanes.flush()
if added and not meta[1]
  and not (meta[2] and rcall("LLEN", base .. "active") >= tonumber(meta[2])) then
  rcall("ZADD", base .. "marker", 0, "0")
end
signals.publish()
return ids
