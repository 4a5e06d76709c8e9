-- streams: finds the end of a job's output when the job's own fields cannot be read.
--
-- Needs `rcall`.
-- TOUCHES
local streams = {}

-- The number of a stream's last entry, or 0. It is the next offset of the output.
function streams.last(key)
  local last = rcall("XREVRANGE", key, "+", "-", "COUNT", 1)[1]
  return last and tonumber(string.match(last[1], "^%d+")) or 0
end
