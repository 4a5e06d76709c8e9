-- new_groups: stores new groups. jobs/lib/group_counts describes what is stored.
--
-- Needs `base`, `rcall`, `now_ms` and `numbers`.
-- TOUCHES  mr:group: (hash), mr:groups (zset), mr:group-index: (zset)
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local new_groups = {}

-- The bytes that a group takes in Redis, besides its details and its children.
local OVERHEAD = 1024
-- How soon a group is looked at for the first time.
local LOOK_MS = 60000
local FIRST_STATE = "OPEN"

-- The key and the ULID in a group's id. An id of another form is an error.
function new_groups.parts(id)
  local key, ulid = string.match(id, "^[^~]+~([^~]+)~(%w+)$")
  if not key then error("a group's id must have the form of a job's") end
  return key, ulid
end

-- Stores a group, unless it exists.
function new_groups.add(id, spec)
  local group_key = base .. "mr:group:" .. id
  local key, ulid = new_groups.parts(id)
  if rcall("HSETNX", group_key, F.group_state, FIRST_STATE) == 0 then return end
  local bytes = OVERHEAD + #(spec.details or "")
  rcall("HSET", group_key, F.group_rule, spec.rule, F.group_max_in_flight, spec.max_in_flight, F.group_keep_siblings,
    spec.keep_siblings, F.group_waiter, spec.waiter, F.group_kind, spec.kind, F.group_deadline_ms, spec.deadline_ms,
    F.group_created_ms, spec.created_ms, F.group_details, spec.details or "", F.group_plan, spec.plan or "",
    F.group_bytes, bytes)
  if (spec.callback or "") ~= "" then rcall("HSET", group_key, F.group_callback, spec.callback) end
  stored.add_to_key(key, bytes)
  rcall("ZADD", base .. "mr:groups", math.min(spec.deadline_ms, now_ms + LOOK_MS), id)
  rcall("ZADD", base .. "mr:group-index:" .. key, 0, ulid)
end
