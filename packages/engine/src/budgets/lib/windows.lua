-- windows: how much was reserved in any stretch of time. A window keeps amounts in buckets, and each bucket counts until
-- all of it is older than the stretch. So no stretch of that length ever holds more than the limit, and a limit under
-- constant demand is used to count / (count + 1).
--
-- A window is stored in fields of a hash: <letter>s has its sum, <letter>f and <letter>l its first and last bucket, and
-- <letter><n> the amount of bucket n. Invariant: the sum is that of the buckets from first to last, and there are at
-- most count + 1 of them.
--
-- Needs `rcall`.
-- TOUCHES
--- @include "redis/lib/numbers"
local windows = {}

-- Describes a kind of window at now_ms. The stretch has `count` buckets of `size_ms`. `present` is the field of the
-- bucket at now_ms.
function windows.kind(letter, size_ms, count, now_ms)
  local now = math.floor(now_ms / size_ms)
  local present = letter .. string.format("%.0f", now)
  return { letter = letter, size_ms = size_ms, count = count, now = now, present = present,
    names = { [now] = present } }
end

-- The field of a bucket. One call uses few different buckets, and conversion to text is expensive.
local function name_of(kind, bucket)
  local name = kind.names[bucket]
  if not name then
    name = kind.letter .. string.format("%.0f", bucket)
    kind.names[bucket] = name
  end
  return name
end

-- Removes the buckets that no longer count.
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

-- Opens a window from the hash's sum, first and last. `held` is the amount of the present bucket (false: none), if the
-- caller has read it. In that case amounts for the present bucket gather in `more`, and are written with the sum.
function windows.open(kind, hash, sum, first, last, held)
  first, last = numbers.whole(first), numbers.whole(last)
  sum = numbers.whole(sum) or 0
  -- An invalid window starts empty. A valid one has both ends, and they are no further apart than its length.
  if not first or not last or last < first or last - first > kind.count + 1 then first, last, sum = nil, nil, 0 end
  if held ~= nil then held = (numbers.whole(held) or 0) end
  -- A window has eight fields, and rarely gets more: Lua doubles a table at the ninth.
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

-- Adds an amount that is reserved now, and returns its bucket. If the clock was set back, the newest bucket gets it.
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

-- Corrects the amount of a bucket that still counts.
function windows.correct(window, bucket, amount)
  if amount == 0 or not window.first or bucket < window.first or bucket > window.last then return end
  add_to(window, bucket, amount)
end

-- When `excess` of the window's sum will no longer count if nothing is added: ms, or nil if that is now.
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

-- Writes the buckets that changed. It appends the sum and the ends to `fields`, which has `n` values, for one HSET of
-- the caller. Returns the new number of values.
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
