-- append_output: store chunks of running attempts, in order, each exactly once.
-- KEYS     base
-- ARGV     now_ms, limit_bytes; per batch: id, token, first_seq, chunk_count, and so many times kind, body
-- RETURNS  per batch {"APPENDED" | "FULL", next_seq, next_offset, attempt, stored_count} | {"LEASE_LOST"} | {"GAP", next_seq}
-- REPEAT   safe: chunks that are already stored are skipped
-- TOUCHES
--
-- kind is t (text), d (data) or p (progress).
-- Fields of the job: F.next_offset; F.next_seq, the next sequence of this attempt; F.output_bytes, the bytes of this
-- attempt; F.earlier_output_bytes, the bytes of earlier attempts that are still kept; F.first_offset, the offset at which
-- this attempt's output begins. The limit holds for one attempt's output. If the output of earlier attempts does not
-- fit beside it, that is removed first.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "signals/lib/signals"
--- @include "leases/lib/leases"
--- @include "redis/lib/streams"
--- @include "jobs/lib/stored"

local now_ms = ARGV[1]
local limit_bytes = numbers.given(ARGV[2], "limit_bytes")

-- The bytes that a stream entry takes in addition to its body. Counting them limits floods of tiny chunks.
local CHUNK_OVERHEAD = 64
-- Output is removed with its job. This expiry is for jobs that were removed by a program that does not know output.
local ABANDONED_MS = 2592000000

local function append(at)
  local id = ARGV[at + 1]
  local token = ARGV[at + 2]
  local first_seq = numbers.whole(ARGV[at + 3])
  local chunk_count = numbers.whole(ARGV[at + 4])

  local job_key = base .. id
  local fields = rcall("HMGET", job_key, F.attempts_started, F.next_offset, F.next_seq, F.output_bytes, F.earlier_output_bytes, F.first_offset, F.attempts_spent)
  if not leases.held(id, token, fields[1]) then return { "LEASE_LOST" } end
  local output = job_key .. ":output"
  local offset, seq = numbers.whole(fields[2]), numbers.whole(fields[3]) or 0
  if not offset then offset = fields[2] and streams.last(output) or 0 end
  local bytes, before = (numbers.whole(fields[4]) or 0), (numbers.whole(fields[5]) or 0)
  if not first_seq or first_seq > seq then return { "GAP", seq } end
  local attempt = (numbers.whole(fields[7]) or 0) + 1
  local word = "APPENDED"
  local first = seq
  for i = seq - first_seq + 1, chunk_count do
    local kind = ARGV[at + 3 + 2 * i]
    local body = ARGV[at + 4 + 2 * i]
    local cost = #body + CHUNK_OVERHEAD
    if bytes + cost > limit_bytes then
      word = "FULL"
      break
    end
    if before > 0 and before + bytes + cost > limit_bytes then
      rcall("XTRIM", output, "MINID", string.format("%.0f-0", (numbers.whole(fields[6]) or 0) + 1))
      before = 0
    end
    rcall("XADD", output, string.format("%.0f-0", offset + 1), F.chunk_kind, kind, F.chunk_attempt, attempt, F.chunk_stored_ms, now_ms, F.chunk_body, body)
    if offset == 0 then rcall("PEXPIRE", output, ABANDONED_MS) end
    offset, seq, bytes = offset + 1, seq + 1, bytes + cost
  end
  if seq > first then
    rcall("HSET", job_key, F.next_offset, offset, F.next_seq, seq, F.output_bytes, bytes, F.earlier_output_bytes, before)
    stored.add(id, bytes + before - (numbers.whole(fields[4]) or 0) - (numbers.whole(fields[5]) or 0))
    signals.add("o", id, string.format("%.0f", offset))
  end
  return { word, seq, offset, attempt, seq - first }
end

-- Where each batch begins. All counts are checked before the first batch is stored.
local starts, at = {}, 2
while at < #ARGV do
  starts[#starts + 1] = at
  local chunk_count = numbers.given(ARGV[at + 4], "chunk_count")
  at = at + 4 + 2 * chunk_count
  if chunk_count < 0 or at > #ARGV then error("chunk_count must be the number of chunks that follow") end
end
local replies = {}
for i, start in ipairs(starts) do replies[i] = append(start) end
stored.flush()
signals.publish()
return replies
