-- windows: how much was reserved in any stretch of time, kept in buckets, each of which counts until
-- all of it is older than the stretch. So no stretch of that length ever holds more than was allowed,
-- and a limit that is always wanted is used to count / (count + 1).
--
-- A window lives in a hash: <letter>s its sum, <letter>f and <letter>l its first and last bucket, and
-- <letter><n> what bucket n holds. Invariant: the sum is that of the buckets from first to last, and
-- these are at most count + 1.
--
-- Needs `rcall`.
-- TOUCHES
local windows = {}

-- Forgets the buckets that no longer count.
local function drop_old(window, now_ms)
  local cutoff = math.floor(now_ms / window.size_ms) - window.count - 1
  if not window.first or window.first > cutoff then return end
  local upto = math.min(cutoff, window.last)
  local names = {}
  for bucket = window.first, upto do names[#names + 1] = window.letter .. string.format("%.0f", bucket) end
  for _, amount in ipairs(rcall("HMGET", window.hash, unpack(names))) do
    window.sum = window.sum - (tonumber(amount) or 0)
  end
  rcall("HDEL", window.hash, unpack(names))
  window.changed = true
  window.first = upto + 1
  if window.first > window.last then window.first, window.last, window.sum = nil, nil, 0 end
end

-- `count` buckets of `size_ms` are the stretch; sum, first and last are the hash's. `now` is what the
-- bucket of now_ms holds, where the caller has read it: it is written with the sum then.
function windows.open(hash, letter, size_ms, count, now_ms, sum, first, last, now)
  local window = { hash = hash, letter = letter, size_ms = size_ms, count = count, now = math.floor(now_ms / size_ms),
    held = now ~= nil and tonumber(now or 0), sum = tonumber(sum or 0), first = tonumber(first or ""),
    last = tonumber(last or ""), adds = {} }
  window.was_first, window.was_last = window.first, window.last
  drop_old(window, now_ms)
  return window
end

-- Adds what is reserved now; returns its bucket. A clock behind the one before it adds to the newest.
function windows.add(window, amount)
  local bucket = window.now
  if bucket ~= window.last then
    bucket = math.max(bucket, window.last or 0)
    window.first, window.last = window.first or bucket, bucket
  end
  window.sum = window.sum + amount
  window.adds[bucket] = (window.adds[bucket] or 0) + amount
  window.changed = true
  return bucket
end

-- Corrects what was added to a bucket, while that still counts.
function windows.correct(window, bucket, amount)
  if not window.first or bucket < window.first or bucket > window.last or amount == 0 then return end
  window.sum = window.sum + amount
  window.adds[bucket] = (window.adds[bucket] or 0) + amount
  window.changed = true
end

-- When `excess` of what the window holds will no longer count, if nothing is added: ms, or nil at once.
function windows.clears_at(window, excess)
  if excess <= 0 or not window.first then return nil end
  local names = {}
  for bucket = window.first, window.last do
    names[#names + 1] = window.letter .. string.format("%.0f", bucket)
  end
  local amounts = rcall("HMGET", window.hash, unpack(names))
  for i, amount in ipairs(amounts) do
    local bucket = window.first + i - 1
    excess = excess - (tonumber(amount) or 0) - (window.adds[bucket] or 0)
    if excess <= 0 then return (bucket + window.count + 1) * window.size_ms end
  end
  return (window.last + window.count + 1) * window.size_ms
end

-- Writes what changed; its sum and ends go to `fields`, for one HSET of the caller's.
function windows.flush(window, fields)
  if not window.changed then return end
  window.changed = false
  local n = #fields
  for bucket, amount in pairs(window.adds) do
    local field = window.letter .. string.format("%.0f", bucket)
    if window.held and bucket == window.now then
      window.held = window.held + amount
      fields[n + 1], fields[n + 2] = field, window.held
      n = n + 2
    else
      rcall("HINCRBY", window.hash, field, amount)
    end
  end
  window.adds = {}
  fields[n + 1], fields[n + 2] = window.letter .. "s", window.sum
  if window.first == window.was_first and window.last == window.was_last then return end
  fields[n + 3], fields[n + 4] = window.letter .. "f", window.first or ""
  fields[n + 5], fields[n + 6] = window.letter .. "l", window.last or ""
  window.was_first, window.was_last = window.first, window.last
end
