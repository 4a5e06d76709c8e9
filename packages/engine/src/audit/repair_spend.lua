-- repair_spend: make what is counted of a key's spend agree with its jobs and with the records of its days.
-- KEYS     base
-- ARGV     now_ms; per key: key
-- RETURNS  per key {"REPAIRED", before, after} (its total, micro-dollars) | {"RIGHT"}: it is right, or the right value cannot be proved
-- REPEAT   safe: what is right stays as it is
-- TOUCHES  mr:spend (hash), mr:spend: (hash), mr:index: (zset)
--
-- There are three accounts of the total: itself, what its last day began with and its records, and what its jobs and removed
-- ones cost. If two of them agree, the third is set to their value. Then the starts of the days are computed back from the total.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
--- @include "spend/lib/totals"

-- The most jobs of a key that are read, because Redis serves nothing else meanwhile.
local MOST_JOBS = 50000
-- How many days back days are searched for: as long as days can be kept.
local MOST_DAYS = 3650
local DAY_MS = 86400000
local LAYOUT, RECORD_BYTES = "<ddddddddd", 72
-- The options of a scan; the pattern follows.
local SCAN = { "COUNT", 1000, "MATCH" }

local function hash_of(day)
  return base .. "mr:spend:" .. string.format("%.0f", day)
end

-- What the attempts of the key's present jobs cost, or nil if they are too many.
local function cost_of_jobs(key)
  local ulids = rcall("ZRANGE", base .. "mr:index:" .. key, 0, MOST_JOBS)
  if #ulids > MOST_JOBS then return nil end
  local queue, sum = string.match(base, "([^:]+):$"), 0
  for _, ulid in ipairs(ulids) do
    sum = costs.sum(sum, totals.cost_in(rcall("HGET", base .. queue .. "~" .. key .. "~" .. ulid, F.usage)) or 0)
  end
  return sum
end

-- The last day before `day` of which the key has records, or 0.
local function day_before(key, day)
  for back = 1, math.min(MOST_DAYS, day - 1) do
    if rcall("HEXISTS", hash_of(day - back), key) == 1 then return day - back end
  end
  return 0
end

-- What the key's records of a day cost, and how the day began; nil if it is not kept.
local function read_day(key, day)
  local cursor, micros, text, with, without, found = "0", 0, rcall("HGET", hash_of(day), key), 0, 0, {}
  if not text then return nil end
  repeat
    local page = rcall("HSCAN", hash_of(day), cursor, SCAN[1], SCAN[2], SCAN[3], key .. "|*")
    cursor = page[1]
    for i = 2, #page[2], 2 do
      local labels, record = string.match(page[2][i - 1], "^[^|]*|[^|]*|[^|]*|(.*)$"), page[2][i]
      found[#found + 1] = page[2][i - 1]
      if labels == "" or labels == "*" then without = without + 1 else with = with + 1 end
      if #record == RECORD_BYTES then micros = costs.sum(micros, select(8, struct.unpack(LAYOUT, record))) end
    end
  until cursor == "0"
  --- @record spend_opening text
  names = names or ""
  local listed, same = "\n" .. names .. "\n", select(2, string.gsub(names, "[^\n]+|", "")) == #found
  for _, name in ipairs(found) do same = same and string.find(listed, "\n" .. name .. "\n", 1, true) ~= nil end
  if not same or names == "" then names = #found > 0 and table.concat(found, "\n") or "-" end
  return { micros = micros, names = names, lists = same, labelled = numbers.whole(labelled) or with, others = numbers.whole(others) or without,
    opening = numbers.whole(opening), before = numbers.whole(before) or day_before(key, day) }
end

-- Sets the starts of the days, from the last one back. Returns whether one was wrong.
local function repair_days(key, total)
  local day, left, wrong = total.day, total.micros, false
  for _ = 1, MOST_DAYS do
    local found = read_day(key, day)
    if not found or found.micros > left then return wrong end
    left = left - found.micros
    if found.opening ~= left or not found.lists then
      wrong = true
      rcall("HSET", hash_of(day), key, string.format("%.0f %.0f %.0f %.0f ", found.labelled, found.others, left, found.before) .. found.names)
    end
    -- The days before are earlier, whatever is stored.
    if found.before <= 0 or found.before >= day then return wrong end
    day = found.before
  end
  return wrong
end

local function repair(key)
  local jobs, total = cost_of_jobs(key), totals.of(base .. "mr:spend", { key })[1]
  if not jobs or total.micros == costs.MOST then return { "RIGHT" } end
  local before, was = totals.text(total), total.micros
  local lost = total.day == 0
  if lost then total.day = day_before(key, math.floor(now_ms / DAY_MS) + 2) end
  local last = read_day(key, total.day)
  local in_books = last and last.opening and costs.sum(last.opening, last.micros)
  if total.micros ~= jobs + total.removed then
    if in_books and (lost or in_books == total.micros) and in_books >= jobs then
      total.micros, total.removed = in_books, in_books - jobs
    elseif in_books == jobs + total.removed then
      total.micros = in_books
    elseif lost and not last then
      total.micros = jobs + total.removed
    else
      return { "RIGHT" }
    end
  end
  local after = totals.text(total)
  if after ~= before then rcall("HSET", base .. "mr:spend", key, after) end
  if not repair_days(key, total) and after == before then return { "RIGHT" } end
  return { "REPAIRED", string.format("%.0f", was), string.format("%.0f", total.micros) }
end

local replies = {}
for at = 1, #ARGV - 1 do
  local key = ARGV[at + 1]
  replies[#replies + 1] = repair(key)
end
return replies
