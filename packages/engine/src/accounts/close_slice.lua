-- close_slice: give back the rest of this shard's slice of a provider account, and report what the shard used.
-- KEYS     base
-- ARGV     pool
-- RETURNS  {"CLOSED", generation, version, running, succeeded, success_second, success_ms, probe_ended,
--          {second, tokens, requests…}} | {"FREE"}, the pool has no account
-- REPEAT   safe: the same report, until apply_slice brings the grant that answers it
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
local pool = ARGV[1]
local now_ms = 0
--- @include "accounts/lib/slices"

local slice = slices.for_pool(pool)
if not slice then return { "FREE" } end
slices.close(slice)
slices.flush()
local report = rcall("HGET", slice.hash, F.slice_report)
if not report then
  local flat = rcall("HGETALL", slice.hash)
  local seconds, corrections, gone = {}, {}, {}
  for i = 1, #flat, 2 do
    local letter, second = string.match(flat[i], "^([" .. F.slice_token_correction .. F.slice_request_correction .. "])(%d+)$")
    if letter then
      if not corrections[second] then
        corrections[second] = { [F.slice_token_correction] = 0, [F.slice_request_correction] = 0 }
        seconds[#seconds + 1] = second
      end
      corrections[second][letter] = numbers.whole(flat[i + 1]) or 0
      gone[#gone + 1] = flat[i]
    end
  end
  local ended = rcall("HGET", slice.hash, F.slice_probe_ended)
  local words = { string.format("%.0f %.0f %.0f", slice.succeeded, slice.success_second, slice.success_ms),
    string.match(ended or "", "^%d+$") or "0" }
  for _, second in ipairs(seconds) do
    words[#words + 1] = second
    words[#words + 1] = string.format("%.0f", corrections[second][F.slice_token_correction])
    words[#words + 1] = string.format("%.0f", corrections[second][F.slice_request_correction])
  end
  report = table.concat(words, " ")
  for from = 1, #gone, 4000 do
    rcall("HDEL", slice.hash, unpack(gone, from, math.min(from + 3999, #gone)))
  end
  rcall("HSET", slice.hash, F.slice_report, report, F.slice_successes, "", F.slice_probe_ended, "")
end
local succeeded, second, ms, probe, rest = string.match(report, "^(%d+) (%d+) (%d+) (%d+) ?(.*)$")
-- A report that cannot be read counts as an empty one.
if not succeeded then succeeded, second, ms, probe, rest = "0", "0", "0", "0", "" end
local corrections = {}
for word in string.gmatch(rest, "%S+") do corrections[#corrections + 1] = word end
return { "CLOSED", slice.generation, string.format("%.0f", slice.version), string.format("%.0f", slice.running),
  succeeded, second, ms, probe, corrections }
