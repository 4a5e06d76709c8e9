-- exchange_portion: take a shard's report of what it holds of a key's budget, and give it more.
-- KEYS     base
-- ARGV     now_ms, shard, version, limits_version, limits, used, portion, needs
-- RETURNS  {"OK", amounts, met, wait_ms, {per shard that may hold too much: shard, keep}} | {"STALE", version}: a report of that
--          version or a later one of the shard was taken before
-- REPEAT   safe: it replies STALE
-- TOUCHES  mr:home (hash)
--
-- base is that of the key's home. limits, used, portion, needs, amounts and keep are amounts as in lib/portions. needs is what
-- the shard's next job takes of each limit, "-" if the shard only reports. amounts are its portions now, and met says whether
-- they suffice for that job. Otherwise the shard should ask again after wait_ms; it gets more if the other shards have reported,
-- and have reduced what they hold to `keep`.
--
-- mr:home has the limits, and for each shard what it holds: the larger one of its portion and of what it has used. These
-- together are at most the limit, unless the limit was lowered or an attempt spent more than it had reserved. Shards that have
-- asked lately share a limit equally, unless a job needs more than such a share: the job that has waited longest gets what it
-- needs. Another shard keeps only what it has used.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local shard = ARGV[2]
local version = numbers.given(ARGV[3], "version")
local limits_version = numbers.given(ARGV[4], "limits_version")
local limits = ARGV[5]
local used = ARGV[6]
local portion = ARGV[7]
local needs = ARGV[8]
--- @include "budgets/lib/portions"

-- How long a shard that has asked counts as one that shares the limit.
local WANTS_MS = 5000
-- How long a report is not asked for again from a shard that had used all that it held.
local FRESH_MS = 1000
-- How long a shard waits before it asks again: twice as long after each answer that does not suffice.
local FIRST_WAIT_MS, LAST_WAIT_MS = 50, 2000
local MOST_PULLS = 16

local home = base .. "mr:home"
local flat, others, own = rcall("HGETALL", home), {}, nil
local known_limits = ""
for i = 1, #flat, 2 do
  local name, text = flat[i], flat[i + 1]
  if name == F.home_limits then
    known_limits = text
  else
    --- @record holding text
    local one = { shard = name, version = numbers.whole(version) or 0, reported = numbers.whole(reported) or 0,
      wanted = numbers.whole(wanted) or 0, since = numbers.whole(since) or 0, refusals = numbers.whole(refusals) or 0,
      held = portions.amounts(held), used = portions.amounts(used), needs = portions.amounts(needs) }
    if name == shard then own = one else others[#others + 1] = one end
  end
end
table.sort(others, function(a, b) return a.shard < b.shard end)
if own and version <= own.version then return { "STALE", string.format("%.0f", own.version) } end
own = own or { shard = shard, wanted = 0, since = 0, refusals = 0 }
local asks = needs ~= "-"
own.version, own.reported, own.used = version, now_ms, portions.amounts(used)
own.held = portions.amounts(portion)
if own.wanted <= now_ms - WANTS_MS then own.since, own.refusals = 0, 0 end
if asks then own.needs, own.wanted = portions.amounts(needs), now_ms end
own.needs = own.needs or {}

-- The newest limits that a shard knows.
local of_version, of_text = string.match(known_limits, "^(%d+) (.*)$")
if not of_version or (numbers.whole(of_version) or 0) <= limits_version then
  of_text = limits
  if known_limits ~= string.format("%.0f %s", limits_version, limits) then
    rcall("HSET", home, F.home_limits, string.format("%.0f %s", limits_version, limits))
  end
end
limits = portions.amounts(of_text)
for _, name in ipairs(portions.names) do
  own.held[name] = limits[name] and math.max(own.held[name] or 0, own.used[name] or 0) or nil
end

local sharing, all = 0, { own }
for _, one in ipairs(others) do all[#all + 1] = one end
for _, one in ipairs(all) do
  -- If the clock was set back, a shard that has asked later than now has asked lately.
  one.wants = one.wanted > now_ms - WANTS_MS
  if one.wants then sharing = sharing + 1 end
end
local function share(name) return math.floor(limits[name] / math.max(1, sharing)) end
if asks and own.since == 0 then own.since = now_ms end
-- The job that has waited longest of those that need more than a share.
local first
for _, one in ipairs(all) do
  local large = false
  for _, name in ipairs(portions.names) do
    if limits[name] and (one.needs[name] or 0) > share(name) then large = true end
  end
  if one.wants and one.since > 0 and large and (not first or one.since < first.since) then first = one end
end
-- The most that a shard should hold while others need the rest.
local function most(one, name)
  if not one.wants then return 0 end
  if one == first then return math.min(limits[name], math.max(share(name), one.needs[name] or 0)) end
  if not first then return share(name) end
  return math.min(share(name), math.max(0, limits[name] - (first.needs[name] or 0)))
end

local met = true
if asks then
  for _, name in ipairs(portions.names) do
    if limits[name] then
      local free, claims = limits[name] - own.held[name], 0
      for _, one in ipairs(others) do
        free = free - (one.held[name] or 0)
        claims = claims + math.max(0, most(one, name) - (one.held[name] or 0))
      end
      local given = math.min(free, math.max(most(own, name) - own.held[name], free - claims))
      own.held[name] = own.held[name] + math.max(0, given)
      if (own.used[name] or 0) + (own.needs[name] or 0) > own.held[name] then met = false end
    end
  end
end

local pulls, wait_ms = {}, 0
if asks and met then
  own.since, own.refusals = 0, 0
elseif asks then
  wait_ms = math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ^ math.min(own.refusals, 10))
  own.refusals = own.refusals + 1
  for _, one in ipairs(others) do
    local too_much, keep = false, {}
    local fresh = one.reported > now_ms - FRESH_MS
    for _, name in ipairs(portions.names) do
      if limits[name] then
        keep[name] = most(one, name)
        local held = one.held[name] or 0
        if held > keep[name] and not (fresh and held <= (one.used[name] or 0)) then too_much = true end
      end
    end
    if too_much and #pulls < 2 * MOST_PULLS then
      pulls[#pulls + 1], pulls[#pulls + 2] = one.shard, portions.text_of(keep)
    end
  end
end

-- A shard that holds nothing and has not asked lately is forgotten.
for _, one in ipairs(all) do
  local holds = 0
  for _, name in ipairs(portions.names) do holds = holds + (one.held[name] or 0) end
  if holds == 0 and not one.wants then
    rcall("HDEL", home, one.shard)
  elseif one == own then
    rcall("HSET", home, one.shard, string.format("%.0f %.0f %.0f %.0f %.0f %s %s %s", one.version, one.reported, one.wanted,
      one.since, one.refusals, portions.text_of(one.held), portions.text_of(one.used), portions.text_of(one.needs)))
  end
end
return { "OK", portions.text_of(own.held), met and 1 or 0, wait_ms, pulls }
