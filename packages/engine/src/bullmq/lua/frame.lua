-- frame: runs one of BullMQ's scripts, unchanged, with the lanes for its `wait` and `prioritized`.
-- KEYS and ARGV are that script's, and so is the reply.
local rcall = redis.call
local base
--- @include "lanes/lib/lanes"
--- @include "lanes/lib/lane_turns"
--- @include "signals/lib/signals"
--- @include "jobs/lib/stored"
--- @include "bullmq/lua/views"

local function bullmq(redis)
--- @bullmq
end

-- What the script has done stays done when it fails half-way: the counters must follow it.
local ok, reply = pcall(bullmq, views.redis)
views.close()
if ok or type(reply) == "table" then return reply end
return redis.error_reply(reply)
