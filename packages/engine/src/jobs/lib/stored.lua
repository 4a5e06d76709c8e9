-- stored: how much each key stores in a shard, so that what may be refused is known before it is stored.
--
-- mr:stored is a hash, by key id: the bytes of its jobs and dead letters; and, under "<key>:d", how many of its jobs
-- wait for a time or for other jobs. A field that is not there counts nothing.
-- A job's bytes are what its fields say: `by` what was submitted, and the history of its attempts; `rb` its result or
-- its last failure; `ob` and `op` its output (see append_output). A dead letter's are its `by`.
-- Jobs that BullMQ's own scripts add take no `by`, and count nothing.
--
-- Needs `base`, `rcall` and `numbers`.
-- TOUCHES  mr:stored (hash)
--- @include "redis/lib/numbers"
local stored = { adds = {} }

-- What a job takes in Redis beside what it was submitted with.
stored.OVERHEAD = 768

local JOB_FIELDS = { F.job_bytes, F.end_bytes, F.output_bytes, F.earlier_output_bytes }

-- The key id in a Millrace job id ("queue~key~ulid"), or nil.
local function key_of(job_id)
  return string.match(job_id, "^[a-z][a-z0-9-]*~([a-z0-9]+)~%w+$")
end

-- Adds to a field, which stored.flush writes.
local function gather(field, amount)
  if amount ~= 0 then stored.adds[field] = (stored.adds[field] or 0) + amount end
end

-- Adds to the bytes of a key.
function stored.add_to_key(key, bytes)
  gather(key, bytes)
end

-- Adds to the bytes of a job's key.
function stored.add(job_id, bytes)
  if bytes == 0 then return end
  local key = key_of(job_id)
  if key then gather(key, bytes) end
end

-- Bytes as text: few different ones come in a call, and making text is dear.
local byte_texts = {}
function stored.text(bytes)
  local text = byte_texts[bytes]
  if not text then
    text = string.format("%.0f", bytes)
    byte_texts[bytes] = text
  end
  return text
end

-- Notes that a job waits for a time or for other jobs from now on (1), or no longer does (-1).
function stored.defer(job_id, change)
  local key = key_of(job_id)
  if key then gather(key .. F.stored_deferred, change) end
end

-- The bytes of a job that is about to be removed.
function stored.of_job(job_key)
  local bytes = 0
  for _, field in ipairs(rcall("HMGET", job_key, unpack(JOB_FIELDS))) do bytes = bytes + (numbers.whole(field) or 0) end
  return bytes
end

-- The bytes of a key, and how many of its jobs wait for a time or for others.
function stored.of_key(key)
  local f = rcall("HMGET", base .. "mr:stored", key, key .. F.stored_deferred)
  return (numbers.whole(f[1]) or 0) + (stored.adds[key] or 0), (numbers.whole(f[2]) or 0) + (stored.adds[key .. F.stored_deferred] or 0)
end

-- Writes what was gathered. Every script that stores or removes calls it once it is done.
function stored.flush()
  for field, amount in pairs(stored.adds) do
    if amount ~= 0 and numbers.add_field(base .. "mr:stored", field, string.format("%.0f", amount)) == 0 then
      rcall("HDEL", base .. "mr:stored", field)
    end
  end
  stored.adds = {}
end
