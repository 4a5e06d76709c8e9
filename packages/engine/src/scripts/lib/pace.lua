-- pace: how many jobs a shard leased lately, by spans of 10 s: fields of a hash, named by the span.
--
-- Needs `base`, `rcall` and `now_ms`.
-- TOUCHES  mr:pace (hash)
local pace = {}

local SPAN_MS, SPANS = 10000, 6

function pace.note(jobs)
  if jobs == 0 then return end
  local span = math.floor(now_ms / SPAN_MS)
  local field = string.format("%.0f", span)
  if rcall("HINCRBY", base .. "mr:pace", field, jobs) > jobs then return end
  -- A span has begun: those that no longer count go.
  for _, other in ipairs(rcall("HKEYS", base .. "mr:pace")) do
    if tonumber(other) <= span - SPANS or tonumber(other) > span then rcall("HDEL", base .. "mr:pace", other) end
  end
end

-- How many jobs were leased, and since when, within the last minute; nothing if none was.
function pace.lately()
  local flat = rcall("HGETALL", base .. "mr:pace")
  local leased, first = 0, nil
  for i = 1, #flat, 2 do
    local span = tonumber(flat[i])
    if span > math.floor(now_ms / SPAN_MS) - SPANS then
      leased = leased + tonumber(flat[i + 1])
      first = math.min(first or span, span)
    end
  end
  return leased, first and first * SPAN_MS
end
