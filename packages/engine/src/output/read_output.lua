-- read_output: read a job's output from an offset on, up to a number of chunks and bytes, but at least one chunk.
-- KEYS     base
-- ARGV     id, from_offset, max_chunks, max_bytes
-- RETURNS  {"CHUNKS", next_offset, {offset, kind, attempt, stored_ms, body}…} | {"GONE", oldest_offset} | {"NOT_FOUND"}
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"

local id = ARGV[1]
local from_offset = numbers.given(ARGV[2], "from_offset")
local max_chunks = numbers.given(ARGV[3], "max_chunks")
local max_bytes = numbers.given(ARGV[4], "max_bytes")

-- Entries are read in groups, so that the limit on bytes also limits what Redis reads.
local GROUP = 16

local fields = rcall("HMGET", base .. id, F.submitted_ms, F.next_offset)
if not fields[1] then return { "NOT_FOUND" } end
local end_offset = (numbers.whole(fields[2]) or 0)
if from_offset >= end_offset then return { "CHUNKS", from_offset } end

local reply = { "CHUNKS", from_offset }
local next_offset, bytes = from_offset, 0
while next_offset < end_offset and #reply - 2 < max_chunks do
  local entries = rcall("XRANGE", base .. id .. ":output", string.format("%.0f-0", next_offset + 1), "+",
    "COUNT", math.min(GROUP, max_chunks - (#reply - 2)))
  -- The chunk may have been trimmed or have expired.
  local first = entries[1] and tonumber(string.match(entries[1][1], "^%d+")) - 1 or end_offset
  if first > next_offset then
    if #reply == 2 then return { "GONE", first } end
    break
  end
  for _, entry in ipairs(entries) do
    local f = entry[2]
    if #reply > 2 and bytes + #f[8] > max_bytes then
      reply[2] = next_offset
      return reply
    end
    reply[#reply + 1] = { next_offset, f[2], f[4], f[6], f[8] }
    next_offset, bytes = next_offset + 1, bytes + #f[8]
  end
end
reply[2] = next_offset
return reply
