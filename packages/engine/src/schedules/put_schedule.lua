-- put_schedule: store a new schedule, or change one.
-- KEYS     base
-- ARGV     now_ms, id, revision, from_due_ms, most, bytes_limit, overlap, due_ms, look_ms, timed_from_ms, details, paused,
--          note
-- RETURNS  {"DONE" | "CHANGED", the schedule's hash as a flat list, the ULIDs of its unfinished jobs} | {"NOT_FOUND"} |
--          {"FULL", limit} | {"STORED_BYTES_FULL", stored, bytes, limit}
-- REPEAT   safe: it is CHANGED then, and the reply shows what the first call stored
-- TOUCHES  mr:schedule: (hash), mr:schedule-index: (zset)
--
-- revision and from_due_ms are those of the schedule that the caller has read, or 0 and "" for a new schedule. Each change
-- gives a schedule a higher revision, and each run another due time: so no change brings back a due time that was decided. due_ms is "" for a schedule that is paused; paused is "1" or "". most is the most schedules of a key.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local id = ARGV[2]
local revision = numbers.given(ARGV[3], "revision")
local from_due_ms = ARGV[4]
local most = numbers.given(ARGV[5], "most")
local bytes_limit = ARGV[6]
local overlap = ARGV[7]
local due_ms = ARGV[8]
local look_ms = numbers.given(ARGV[9], "look_ms")
local timed_from_ms = ARGV[10]
local details = ARGV[11]
local paused = ARGV[12]
local note = ARGV[13]
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/stored"
--- @include "budgets/lib/key_limits"
--- @include "jobs/lib/schedules"

-- The bytes that a schedule takes in Redis, besides its details.
local OVERHEAD = 1024

if not schedules.owner(id) then error("id must be that of a schedule") end
if from_due_ms ~= "" then numbers.given(from_due_ms, "from_due_ms") end
if due_ms ~= "" then numbers.given(due_ms, "due_ms") end
numbers.given(timed_from_ms, "timed_from_ms")
local key, name = schedules.key_of(id), string.match(id, "[^~]+$")
local schedule_key, index = base .. "mr:schedule:" .. id, base .. "mr:schedule-index:" .. key

local function answer(word)
  local hash = rcall("HGETALL", schedule_key)
  return { word, hash, schedules.unfinished(id, rcall("HGET", schedule_key, F.schedule_jobs)) }
end

local before = schedules.get(id)
if before and (before.revision ~= revision or before.due_ms ~= numbers.whole(from_due_ms)) then return answer("CHANGED") end
if not before and revision ~= 0 then return { "NOT_FOUND" } end
if not before and rcall("ZCARD", index) >= most then return { "FULL", most } end

local bytes, had = OVERHEAD + #details, numbers.whole(rcall("HGET", schedule_key, F.schedule_bytes)) or 0
local own = key_limits.texts({ key })[1]
local most_bytes = own and key_limits.read(own).stored_bytes or numbers.whole(bytes_limit) or math.huge
local in_use = stored.of_key(key)
if bytes > had and in_use - had + bytes > most_bytes then
  return { "STORED_BYTES_FULL", string.format("%.0f", in_use), string.format("%.0f", bytes - had), string.format("%.0f", most_bytes) }
end

local buffered_ms = before and paused == "" and overlap == "buffer" and before.buffered_ms or nil
rcall("HSET", schedule_key, F.schedule_revision, string.format("%.0f", math.max(revision + 1, now_ms)), F.schedule_overlap, overlap,
  F.schedule_due_ms, due_ms, F.schedule_buffered_ms, buffered_ms and string.format("%.0f", buffered_ms) or "",
  F.schedule_timed_from_ms, timed_from_ms, F.schedule_details, details, F.schedule_paused, paused, F.schedule_note, note,
  F.schedule_updated_ms, now_text, F.schedule_failure, "", F.schedule_bytes, bytes)
rcall("HSETNX", schedule_key, F.schedule_created_ms, now_text)
rcall("ZADD", index, 0, name)
schedules.look_at(id, due_ms ~= "" and numbers.whole(due_ms) or nil, look_ms, buffered_ms)
stored.add_to_key(key, bytes - had)
stored.flush()
return answer("DONE")
