-- pace: counts the jobs that a shard leased lately, by spans of 10 s and by class (see lib/lanes), in
-- hash fields named "span class".
--
-- Needs `base`, `rcall` and `now_ms`.
-- TOUCHES  mr:pace (hash)
--- @include "redis/lib/numbers"
local pace = {}

local SPAN_MS, SPANS = 10000, 6

local function span_of(field)
  return numbers.whole(string.match(field, "^%d+")) or 0
end

-- Adds the jobs that were leased, by class.
function pace.note(leased)
  local span, begun = math.floor(now_ms / SPAN_MS), false
  for class, jobs in pairs(leased) do
    if numbers.add_field(base .. "mr:pace", string.format("%.0f ", span) .. class, jobs) == jobs then begun = true end
  end
  if not begun then return end
  -- A new span has begun, so fields of spans that no longer count are removed.
  for _, field in ipairs(rcall("HKEYS", base .. "mr:pace")) do
    if span_of(field) <= span - SPANS or span_of(field) > span then rcall("HDEL", base .. "mr:pace", field) end
  end
end

-- How many jobs of a class were leased within the last minute, and since when; 0 and nil if none was.
function pace.lately(class)
  local flat = rcall("HGETALL", base .. "mr:pace")
  local leased, first = 0, nil
  for i = 1, #flat, 2 do
    local span = span_of(flat[i])
    if span > math.floor(now_ms / SPAN_MS) - SPANS and string.match(flat[i], "^%d+ (.*)$") == class then
      leased = leased + (numbers.whole(flat[i + 1]) or 0)
      first = math.min(first or span, span)
    end
  end
  return leased, first and first * SPAN_MS
end
