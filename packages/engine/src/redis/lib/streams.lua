-- streams: where a job's output ends, for those whose job says nothing that can be read.
--
-- Needs `rcall`.
-- TOUCHES
local streams = {}

-- The number of a stream's last entry, or 0: the next offset of an output.
function streams.last(key)
  local last = rcall("XREVRANGE", key, "+", "-", "COUNT", 1)[1]
  return last and tonumber(string.match(last[1], "^%d+")) or 0
end
