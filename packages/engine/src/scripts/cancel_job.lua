-- cancel_job: end a job that waits; mark one that runs, and tell its holder.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_failed_ms, id, message
-- RETURNS  {"CANCELLED"} | {"REQUESTED", worker_id} | {"ALREADY_FINAL", state} | {"NOT_FOUND"}
-- REPEAT   safe: ALREADY_FINAL CANCELLED, or REQUESTED again
-- TOUCHES  delayed (zset), wait (list), prioritized (zset)
local base = KEYS[1]
local rcall = redis.call
--- @include "lib/lanes"
--- @include "lib/signals"
--- @include "lib/jobs"

local now_ms = tonumber(ARGV[1])
local max_events = ARGV[2]
local keep_failed_ms = tonumber(ARGV[3])
local id = ARGV[4]
local message = ARGV[5]

local state = jobs.state(id)
if not state then return { "NOT_FOUND" } end
if state == "RUNNING" then
  rcall("HSETNX", base .. id, "cancel", message)
  signals.add("c" .. id)
  signals.publish()
  return { "REQUESTED", rcall("HGET", base .. id, "pb") or "" }
end
local prev
if state == "SCHEDULED" then
  rcall("ZREM", base .. "delayed", id)
  prev = "delayed"
elseif state == "QUEUED" then
  if not lanes.remove(lanes.find(id), id) and rcall("ZREM", base .. "prioritized", id) == 0 then
    rcall("LREM", base .. "wait", 1, id)
  end
  prev = "waiting"
else
  return { "ALREADY_FINAL", state }
end
jobs.finish(id, { now_ms = now_ms, max_events = max_events, prev = prev, state = "CANCELLED",
  failure = cjson.encode({ reason = "CANCELLED", message = message, retryable = false }),
  message = message, keep_succeeded_ms = 0, keep_failed_ms = keep_failed_ms })
lanes.flush()
signals.publish()
return { "CANCELLED" }
