-- admission: decides whether one more job of a key may be stored, for scripts that store jobs for callers.
--
-- A limit that a key's budget does not set comes from the queue, or from the scheduler.
--
-- Needs `base`, `rcall`, `numbers`, `lanes`, `stored`, `depth_limit`, `top_priority`, `bytes_limit` ("": none), and `most_jobs`,
-- how many jobs this call can store.
-- TOUCHES
--- @include "budgets/lib/key_limits"
local admission = { keys = {} }

-- The limits of a key, its number of waiting jobs and its bytes, read once in a call.
function admission.for_key(key)
  local found = admission.keys[key]
  if found then return found end
  local text = key_limits.texts({ key })[1]
  local own = text and key_limits.read(text) or {}
  found = { queued = own.queued or depth_limit, priority = own.priority or top_priority,
    most_bytes = own.stored_bytes or numbers.whole(bytes_limit) or math.huge }
  local deferred
  found.bytes, deferred = stored.of_key(key)
  found.depth = deferred + lanes.depth(key, found.queued - most_jobs - deferred)
  admission.keys[key] = found
  return found
end

-- Nil if a job of this size may be stored for the key; else the reason, with the figures.
function admission.refusal(known, priority, bytes)
  if priority < known.priority then return { "PRIORITY_NOT_ALLOWED", priority, known.priority } end
  if known.depth >= known.queued then return { "DEPTH_FULL", known.depth, known.queued } end
  if known.bytes + bytes > known.most_bytes then
    return { "STORED_BYTES_FULL", string.format("%.0f", known.bytes), string.format("%.0f", bytes),
      string.format("%.0f", known.most_bytes) }
  end
end

-- Counts a job that was stored.
function admission.count_job(known, bytes)
  known.depth, known.bytes = known.depth + 1, known.bytes + bytes
end
