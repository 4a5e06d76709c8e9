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

-- The name of a bucket: few different ones come in a call, and making text is dear.
local names = { q = {}, t = {}, d = {} }
function windows.name(letter, bucket)
  local name = names[letter][bucket]
  if not name then
    name = letter .. string.format("%.0f", bucket)
    names[letter][bucket] = name
  end
  return name
end

-- Forgets the buckets that no longer count.
local function drop_old(window)
  local upto = math.min(window.now - window.count - 1, window.last)
  local old = {}
  for bucket = window.first, upto do old[#old + 1] = windows.name(window.letter, bucket) end
  for _, amount in ipairs(rcall("HMGET", window.hash, unpack(old))) do
    window.sum = window.sum - (tonumber(amount) or 0)
  end
  rcall("HDEL", window.hash, unpack(old))
  window.changed = true
  window.first = upto + 1
  if window.first > window.last then window.first, window.last, window.sum = nil, nil, 0 end
end

-- `count` buckets of `size_ms` are the stretch; sum, first and last are the hash's. `held` is what the
-- bucket of now_ms holds, where the caller has read it: it is written with the sum then.
function windows.open(hash, letter, size_ms, count, now_ms, sum, first, last, held)
  first, last = tonumber(first or ""), tonumber(last or "")
  if held ~= nil then held = tonumber(held or 0) end
  local window = { hash = hash, letter = letter, size_ms = size_ms, count = count, now = math.floor(now_ms / size_ms),
    sum = tonumber(sum or 0), first = first, last = last, was_first = first, was_last = last,
    held = held, was_held = held, adds = false, changed = false }
  if first and first < window.now - count then drop_old(window) end
  return window
end

local function add_to(window, bucket, amount)
  window.sum = window.sum + amount
  window.changed = true
  if window.held and bucket == window.now then
    window.held = window.held + amount
  else
    window.adds = window.adds or {}
    window.adds[bucket] = (window.adds[bucket] or 0) + amount
  end
end

-- Adds what is reserved now; returns its bucket. A clock behind the one before it adds to the newest.
function windows.add(window, amount)
  local bucket = window.now
  if bucket ~= window.last then
    bucket = math.max(bucket, window.last or 0)
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
  local buckets = {}
  for bucket = window.first, window.last do buckets[#buckets + 1] = windows.name(window.letter, bucket) end
  local amounts = rcall("HMGET", window.hash, unpack(buckets))
  for i, amount in ipairs(amounts) do
    local bucket = window.first + i - 1
    if window.held and bucket == window.now then
      excess = excess - window.held
    else
      excess = excess - (tonumber(amount) or 0) - (window.adds and window.adds[bucket] or 0)
    end
    if excess <= 0 then return (bucket + window.count + 1) * window.size_ms end
  end
  return (window.last + window.count + 1) * window.size_ms
end

-- Writes what changed; its sum and ends go to `fields`, which has `n`, for one HSET of the caller's.
-- Returns how many it has then.
function windows.flush(window, fields, n)
  if not window.changed then return n end
  window.changed = false
  local letter = window.letter
  if window.adds then
    for bucket, amount in pairs(window.adds) do rcall("HINCRBY", window.hash, windows.name(letter, bucket), amount) end
    window.adds = false
  end
  fields[n + 1], fields[n + 2] = letter .. "s", window.sum
  n = n + 2
  if window.held ~= window.was_held then
    fields[n + 1], fields[n + 2] = windows.name(letter, window.now), window.held
    window.was_held = window.held
    n = n + 2
  end
  if window.first == window.was_first and window.last == window.was_last then return n end
  fields[n + 1], fields[n + 2] = letter .. "f", window.first or ""
  fields[n + 3], fields[n + 4] = letter .. "l", window.last or ""
  window.was_first, window.was_last = window.first, window.last
  return n + 4
end
