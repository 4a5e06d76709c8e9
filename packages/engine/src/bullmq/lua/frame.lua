-- frame: runs one of BullMQ's scripts unchanged, with the lanes in place of its `wait` and `prioritized`. KEYS, ARGV and
-- the reply are that script's.
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

-- If the script fails half-way, its writes stay, so the counters must be written too.
local ok, reply = pcall(bullmq, views.redis)
views.close()
if ok or type(reply) == "table" then return reply end
return redis.error_reply(reply)
