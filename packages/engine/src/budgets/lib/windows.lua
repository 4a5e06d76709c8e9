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
--- @include "redis/lib/numbers"
local windows = {}

-- A kind of window, as it is now: `count` buckets of `size_ms` are the stretch. `present` is the name of
-- the bucket of now_ms.
function windows.kind(letter, size_ms, count, now_ms)
  local now = math.floor(now_ms / size_ms)
  local present = letter .. string.format("%.0f", now)
  return { letter = letter, size_ms = size_ms, count = count, now = now, present = present,
    names = { [now] = present } }
end

-- The name of a bucket: few different ones come in a call, and making text is dear.
local function name_of(kind, bucket)
  local name = kind.names[bucket]
  if not name then
    name = kind.letter .. string.format("%.0f", bucket)
    kind.names[bucket] = name
  end
  return name
end

-- Forgets the buckets that no longer count.
local function drop_old(window)
  local kind, old = window.kind, {}
  local upto = math.min(kind.now - kind.count - 1, window.last)
  for bucket = window.first, upto do old[#old + 1] = name_of(kind, bucket) end
  for _, amount in ipairs(rcall("HMGET", window.hash, unpack(old))) do
    window.sum = window.sum - (numbers.whole(amount) or 0)
  end
  rcall("HDEL", window.hash, unpack(old))
  window.moved = true
  window.first = upto + 1
  if window.first > window.last then window.first, window.last, window.sum = nil, nil, 0 end
end

-- sum, first and last are the hash's. `held` is what the present bucket holds (false: nothing), where the
-- caller has read it: what it is given, `more`, is written with the sum then.
function windows.open(kind, hash, sum, first, last, held)
  first, last = numbers.whole(first), numbers.whole(last)
  sum = numbers.whole(sum) or 0
  -- What is no window begins anew: the ends of one are both there, and not further apart than it is long.
  if not first or not last or last < first or last - first > kind.count + 1 then first, last, sum = nil, nil, 0 end
  if held ~= nil then held = (numbers.whole(held) or 0) end
  -- Eight fields, and mostly no more come: with the ninth Lua doubles a table.
  local window = { kind = kind, hash = hash, sum = sum, first = first, last = last,
    held = held, more = 0, moved = false }
  if first and first < kind.now - kind.count then drop_old(window) end
  return window
end

local function add_to(window, bucket, amount)
  window.sum = window.sum + amount
  if window.held and bucket == window.kind.now then
    window.more = window.more + amount
  else
    window.adds = window.adds or {}
    window.adds[bucket] = (window.adds[bucket] or 0) + amount
  end
end

-- Adds what is reserved now; returns its bucket. A clock behind the one before it adds to the newest.
function windows.add(window, amount)
  local bucket = window.kind.now
  if bucket ~= window.last then
    bucket = math.max(bucket, window.last or 0)
    if not window.first or bucket ~= window.last then window.moved = true end
    window.first, window.last = window.first or bucket, bucket
  end
  add_to(window, bucket, amount)
  return bucket
end

-- Corrects what was added to a bucket, while that still counts.
function windows.correct(window, bucket, amount)
  if amount == 0 or not window.first or bucket < window.first or bucket > window.last then return end
  add_to(window, bucket, amount)
end

-- When `excess` of what the window holds will no longer count, if nothing is added: ms, or nil at once.
function windows.clears_at(window, excess)
  if excess <= 0 or not window.first then return nil end
  local kind, buckets = window.kind, {}
  for bucket = window.first, window.last do buckets[#buckets + 1] = name_of(kind, bucket) end
  local amounts = rcall("HMGET", window.hash, unpack(buckets))
  for i, amount in ipairs(amounts) do
    local bucket = window.first + i - 1
    excess = excess - (numbers.whole(amount) or 0) - (window.adds and window.adds[bucket] or 0)
    if bucket == kind.now then excess = excess - window.more end
    if excess <= 0 then return (bucket + kind.count + 1) * kind.size_ms end
  end
  return (window.last + kind.count + 1) * kind.size_ms
end

-- Writes what changed; its sum and ends go to `fields`, which has `n`, for one HSET of the caller's.
-- Returns how many it has then.
function windows.flush(window, fields, n)
  local adds, more = window.adds, window.more
  if more == 0 and not adds and not window.moved then return n end
  local kind = window.kind
  if adds then
    for bucket, amount in pairs(adds) do numbers.add_field(window.hash, name_of(kind, bucket), amount) end
    window.adds = nil
  end
  fields[n + 1], fields[n + 2] = kind.letter .. F.window_sum, window.sum
  n = n + 2
  if more ~= 0 then
    window.held, window.more = window.held + more, 0
    fields[n + 1], fields[n + 2] = kind.present, window.held
    n = n + 2
  end
  if not window.moved then return n end
  window.moved = false
  fields[n + 1], fields[n + 2] = kind.letter .. F.window_first, window.first or ""
  fields[n + 3], fields[n + 4] = kind.letter .. F.window_last, window.last or ""
  return n + 4
end
