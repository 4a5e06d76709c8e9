-- admission: whether one more job of a key may be stored, for scripts that store jobs on behalf of callers.
--
-- Each limit that a key does not have is the queue's, or the scheduler's.
--
-- Needs `base`, `rcall`, `numbers`, `lanes`, `stored`, `depth_limit`, `top_priority`, `bytes_limit` ("": none), and `most_jobs`,
-- how many jobs this call can store.
-- TOUCHES  mr:limits (hash)
--- @include "budgets/lib/key_limits"
local admission = { of_key = {} }

-- What is known of a key, read once a call: its limits, how many of its jobs wait for whatever, and its bytes.
function admission.of(key)
  local found = admission.of_key[key]
  if found then return found end
  local text = rcall("HGET", base .. "mr:limits", key)
  local own = text and key_limits.read(text) or {}
  found = { queued = own.queued or depth_limit, priority = own.priority or top_priority,
    most_bytes = own.stored_bytes or numbers.whole(bytes_limit) or math.huge }
  local deferred
  found.bytes, deferred = stored.of_key(key)
  found.depth = deferred + lanes.depth(key, found.queued - most_jobs - deferred)
  admission.of_key[key] = found
  return found
end

-- Nil if a job of so many bytes may be stored of the key that `of` is of; else why not, with the figures.
function admission.refusal(of, priority, bytes)
  if priority < of.priority then return { "PRIORITY_NOT_ALLOWED", priority, of.priority } end
  if of.depth >= of.queued then return { "DEPTH_FULL", of.depth, of.queued } end
  if of.bytes + bytes > of.most_bytes then
    return { "STORED_BYTES_FULL", string.format("%.0f", of.bytes), string.format("%.0f", bytes),
      string.format("%.0f", of.most_bytes) }
  end
end

-- Counts a job that was stored.
function admission.took(of, bytes)
  of.depth, of.bytes = of.depth + 1, of.bytes + bytes
end
