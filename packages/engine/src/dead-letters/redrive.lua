-- redrive: make new jobs of dead letters, and remove those letters.
-- KEYS     base
-- ARGV     now_ms, max_events, depth_limit, top_priority, bytes_limit; per letter: id, new_id, lane, priority, type, opts, spec, est, finalizes, callback
-- RETURNS  per letter "REDRIVEN" | "GONE" | "REFUSED", submit would refuse the job too | "INVALID"
-- REPEAT   safe: GONE
-- TOUCHES  mr:index: (zset), waiting-children (zset), marker (zset), meta (hash)
--
-- A child counts in its group again. A finalizer ("finalizes" is its group) waits for its group again, if that has not finished.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local depth_limit = numbers.given(ARGV[3], "depth_limit")
local top_priority = numbers.given(ARGV[4], "top_priority")
local bytes_limit = ARGV[5]
--- @include "lanes/lib/lanes"
--- @include "lanes/lib/lane_reads"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "jobs/lib/dead"
--- @include "jobs/lib/groups"

local most_jobs = #ARGV / 10
--- @include "jobs/lib/admission"

local function redrive(at)
  local id = ARGV[at + 1]
  local new_id = ARGV[at + 2]
  local lane = ARGV[at + 3]
  local priority = ARGV[at + 4]
  local type = ARGV[at + 5]
  local opts = ARGV[at + 6]
  local spec = ARGV[at + 7]
  local est = ARGV[at + 8]
  local finalizes = ARGV[at + 9]
  local callback = ARGV[at + 10]

  local key, rank = lanes.key_of(new_id), numbers.whole(priority)
  if not key or not rank or not string.find(lane, "^[a-z0-9]+|[123]|") then return "INVALID" end
  local letter = rcall("HMGET", dead.base .. id, F.payload, F.job_bytes, F.group)
  local payload = letter[1]
  if not payload then return "GONE" end
  local bytes = #type + #payload + #spec + #opts + stored.OVERHEAD
  -- The dead letter is removed in the same call, so its bytes are subtracted.
  local more = bytes - (numbers.whole(letter[2]) or 0)
  local known = admission.for_key(key)
  if admission.refusal(known, rank, more) then return "REFUSED" end
  admission.count_job(known, more)
  dead.remove(id)
  stored.add(new_id, bytes)
  local job_key = base .. new_id
  rcall("HSET", job_key, F.type, type, F.payload, payload, F.bull_options, opts, F.submitted_ms, now_text, F.priority, priority,
    F.spec, spec, F.job_bytes, bytes)
  if string.sub(lane, -1) ~= "|" then rcall("HSET", job_key, F.lane, lane) end
  if letter[3] and groups.reopen(letter[3], new_id) then rcall("HSET", job_key, F.group, letter[3]) end
  if callback ~= "" then rcall("HSET", job_key, F.callback, callback) end
  if est ~= "" then rcall("HSET", job_key, F.estimated_tokens, est) end
  rcall("ZADD", base .. "mr:index:" .. key, 0, string.sub(new_id, -26))
  events.add("added", new_id, "name", type)
  if finalizes ~= "" then rcall("HSET", job_key, F.child_groups, finalizes) end
  local group = finalizes ~= "" and groups.get(finalizes)
  if group and not groups.FINAL[group.state] then
    groups.set_waiter(group, new_id)
    rcall("ZADD", base .. "waiting-children", now_text, new_id)
    stored.defer(new_id, 1)
    events.add("waiting-children", new_id)
    return "REDRIVEN"
  end
  lanes.put(lanes.for_type(lane, type), new_id, rank, false)
  events.add("waiting", new_id)
  signals.work()
  return "REDRIVEN"
end

local replies = {}
for at = 5, #ARGV - 1, 10 do replies[#replies + 1] = redrive(at) end
groups.flush()
lanes.flush()
stored.flush()
if signals.lines.w and rcall("HEXISTS", base .. "meta", F.meta_paused) == 0 then
  rcall("ZADD", base .. "marker", 0, "0")
end
events.flush()
signals.publish()
return replies
