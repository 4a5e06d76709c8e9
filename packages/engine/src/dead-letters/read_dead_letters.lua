-- read_dead_letters: read the dead letters of a shard, newest first, or the named ones.
-- KEYS     base
-- ARGV     before_ms, before_id, since_ms, count, view; per letter: id
-- RETURNS  per letter {job_id, died_ms, its hash as a flat list}
-- REPEAT   safe
-- TOUCHES  mr:dead (zset)
--
-- It reads letters that died before before_ms, or at before_ms with an id that sorts before before_id. view is "full", or
-- "summary", which leaves out payload and history. If ids are given, it reads only those of them that exist.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local before_ms = numbers.given(ARGV[1], "before_ms")
local before_id = ARGV[2]
local since_ms = numbers.given(ARGV[3], "since_ms")
local count = numbers.given(ARGV[4], "count")
local view = ARGV[5]
local now_ms, now_text = 0, "0"
--- @include "jobs/lib/dead"

local SUMMARY = { F.type, F.bull_options, F.submitted_ms, F.priority, F.spec, F.failure_message, F.failure, F.attempts_spent, F.stalls, F.bounces, F.usage,
  F.started_ms, F.next_offset, F.group, F.child_groups }

local replies, gone = {}, {}
local function add(id, died_ms)
  local flat = {}
  if view == "full" then
    flat = rcall("HGETALL", dead.base .. id)
  else
    local values = rcall("HMGET", dead.base .. id, unpack(SUMMARY))
    for i, name in ipairs(SUMMARY) do
      if values[i] then
        flat[#flat + 1] = name
        flat[#flat + 1] = values[i]
      end
    end
  end
  if #flat > 0 then
    replies[#replies + 1] = { id, died_ms, flat }
  else
    gone[#gone + 1] = id
  end
end

-- Letters that BullMQ or Bull Board has removed are removed from mr:dead too.
local function forget_gone()
  for _, id in ipairs(gone) do dead.remove(id) end
end

local function wanted(id, died_ms)
  died_ms = tonumber(died_ms)
  return died_ms >= since_ms and (died_ms < before_ms or died_ms == before_ms and id < before_id)
end

if #ARGV > 5 then
  for at = 5, #ARGV - 1 do
    local id = ARGV[at + 1]
    local died_ms = rcall("ZSCORE", dead.base .. "mr:dead", id)
    if died_ms and wanted(id, died_ms) then add(id, died_ms) end
  end
  forget_gone()
  return replies
end
-- Letters of the same time are in reverse order of their ids, too.
local skip = 0
while #replies < count do
  local found = rcall("ZREVRANGEBYSCORE", dead.base .. "mr:dead", before_ms, since_ms, "WITHSCORES", "LIMIT", skip, count)
  for i = 1, #found, 2 do
    if #replies < count and wanted(found[i], found[i + 1]) then add(found[i], found[i + 1]) end
  end
  if #found < 2 * count then break end
  skip = skip + count
end
forget_gone()
return replies
