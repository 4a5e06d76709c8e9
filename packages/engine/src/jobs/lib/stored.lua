-- stored: how many bytes each key stores in a shard, so that a submission over the limit is refused before it is stored.
--
-- mr:stored is a hash with the bytes of each key's jobs and dead letters, and under "<key>:d" how many of its jobs
-- wait for a time or for other jobs. A count of 0 has no field.
-- A job's bytes are the sum of four fields: F.job_bytes (what was submitted, and the history of its attempts),
-- F.end_bytes (its result or last failure), F.output_bytes and F.earlier_output_bytes (see append_output). A dead
-- letter counts its F.job_bytes. Jobs that BullMQ's own scripts add have no F.job_bytes, and count nothing.
--
-- Needs `base`, `rcall` and `numbers`.
-- TOUCHES  mr:stored (hash)
--- @include "redis/lib/numbers"
local stored = { adds = {} }

-- The bytes that a job takes in Redis in addition to what was submitted.
stored.OVERHEAD = 768

local JOB_FIELDS = { F.job_bytes, F.end_bytes, F.output_bytes, F.earlier_output_bytes, F.usage }

-- The key id in a Millrace job id ("queue~key~ulid"), or nil.
local function key_of(job_id)
  return string.match(job_id, "^[a-z][a-z0-9-]*~([a-z0-9]+)~%w+$")
end

-- Gathers a change of a field; stored.flush writes it.
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

-- A number of bytes as text. One call uses few different numbers, and conversion is expensive.
local byte_texts = {}
function stored.text(bytes)
  local text = byte_texts[bytes]
  if not text then
    text = string.format("%.0f", bytes)
    byte_texts[bytes] = text
  end
  return text
end

-- Records that a job begins to wait for a time or for other jobs (1), or no longer does (-1).
function stored.defer(job_id, change)
  local key = key_of(job_id)
  if key then gather(key .. F.stored_deferred, change) end
end

-- The bytes of a job that is about to be removed, and its usage or false.
function stored.of_job(job_key)
  local bytes, fields = 0, rcall("HMGET", job_key, unpack(JOB_FIELDS))
  for i = 1, #JOB_FIELDS - 1 do bytes = bytes + (numbers.whole(fields[i]) or 0) end
  return bytes, fields[#JOB_FIELDS]
end

-- The bytes of a key, and how many of its jobs wait for a time or for other jobs.
function stored.of_key(key)
  local f = rcall("HMGET", base .. "mr:stored", key, key .. F.stored_deferred)
  return (numbers.whole(f[1]) or 0) + (stored.adds[key] or 0), (numbers.whole(f[2]) or 0) + (stored.adds[key .. F.stored_deferred] or 0)
end

-- Writes the gathered changes. Every script that stores or removes something calls it at the end.
function stored.flush()
  for field, amount in pairs(stored.adds) do
    if amount ~= 0 and numbers.add_field(base .. "mr:stored", field, string.format("%.0f", amount)) == 0 then
      rcall("HDEL", base .. "mr:stored", field)
    end
  end
  stored.adds = {}
end
