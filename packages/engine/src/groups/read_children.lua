-- read_children: read the children of a group in order, with what they gave.
-- KEYS     base
-- ARGV     after_index, limit, most_bytes, id, lease_job, token, ordinal
-- RETURNS  {the group's id, its hash as a flat list, more, {index, entry}…} | {"LEASE_LOST"} | {"NOT_FOUND"}
-- REPEAT   safe
-- TOUCHES  mr:group: (hash)
--
-- Without an id, the group is the one with the number `ordinal` that lease_job fanned out to, or with 0 the one that it
-- finalizes; `token` must hold the lease of that job. jobs/lib/group_counts describes entries.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "leases/lib/leases"
local after_index = numbers.given(ARGV[1], "after_index")
local limit = numbers.given(ARGV[2], "limit")
local most_bytes = numbers.given(ARGV[3], "most_bytes")
local id = ARGV[4]
local lease_job = ARGV[5]
local token = ARGV[6]
local ordinal = numbers.given(ARGV[7], "ordinal")

if id == "" then
  local fields = rcall("HMGET", base .. lease_job, F.attempts_started, F.child_groups)
  if not leases.held(lease_job, token, fields[1]) then return { "LEASE_LOST" } end
  local at = 0
  for group_id in string.gmatch(fields[2] or "", "%S+") do
    local kind = rcall("HGET", base .. "mr:group:" .. group_id, F.group_kind)
    if kind == "fan_out" then at = at + 1 end
    if kind == "fan_out" and at == ordinal or kind == "finalizer" and ordinal == 0 then id = group_id end
  end
end
local group = rcall("HGETALL", base .. "mr:group:" .. id)
if #group == 0 then return { "NOT_FOUND" } end

local total = numbers.whole(rcall("HGET", base .. "mr:group:" .. id, F.group_total)) or 0
local reply, bytes, index = { id, group, 0 }, 0, after_index
-- How many entries one command reads: each may be as long as a result that is kept with the group.
local AT_ONCE = 16
while index < total and #reply - 3 < limit and bytes < most_bytes do
  local indexes = {}
  for i = index + 1, math.min(total, index + AT_ONCE, after_index + limit) do indexes[#indexes + 1] = i end
  for i, entry in ipairs(rcall("HMGET", base .. "mr:group:" .. id .. ":children", unpack(indexes))) do
    if bytes >= most_bytes then break end
    index = indexes[i]
    reply[#reply + 1] = { index, entry or "" }
    bytes = bytes + #(entry or "")
  end
end
if index < total then reply[3] = 1 end
return reply
