-- read_runs: read how long jobs of a queue ran that succeeded lately, and what they spent, the newest first.
-- KEYS     base
-- ARGV     most
-- RETURNS  {per job: id, type, lane | "", started_ms | "", finished_ms | "", usage | ""}
-- REPEAT   safe
-- TOUCHES  completed (zset)
local base = KEYS[1]
local rcall = redis.call
local most = tonumber(ARGV[1])
local runs = {}
for _, id in ipairs(rcall("ZREVRANGE", base .. "completed", 0, most - 1)) do
  local fields = rcall("HMGET", base .. id, F.type, F.lane, F.started_ms, F.finished_ms, F.usage)
  local n = #runs
  runs[n + 1] = id
  for i = 1, 5 do runs[n + 1 + i] = fields[i] or "" end
end
return runs
