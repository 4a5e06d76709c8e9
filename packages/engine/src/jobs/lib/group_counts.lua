-- group_counts: groups, their children, and the jobs that wait for them. lib/group_ends decides what ends mean.
--
-- A group is the hash mr:group:<id>. The hash mr:group:<id>:children has an entry for each child, by its index:
--   "- ulid"            it waits for a worker or runs (in flight)
--   "+ ulid"            max_in_flight holds it back: it is in `delayed`, due at due.NEVER_MS
--   "STATE ulid body"   it has ended. body is its result or failure (JSON), or "" if that is longer than INLINE_BYTES
--   "REMOVED ulid "     another program removed it before it ended
-- A child's F.group is "index group". The waiter of a group, its finalizer or the job that fanned out, is in
-- waiting-children until the group finishes. It then goes on in the same call, or ends if it finalizes a group that did not
-- succeed.
--
-- A group finishes when it is closed and all children have ended; with the rule "any" as soon as one succeeds. If the rule
-- cannot be met any more, the other children are cancelled, unless keep_siblings is set: tend_groups does that.
--
-- Changes are gathered; groups.write writes them.
--
-- Needs `base`, `rcall`, `now_text`, `numbers` and `groups`.
-- TOUCHES  mr:group: (hash), mr:groups (zset)
groups.records = {}

-- The longest result or failure that is kept with the group.
groups.INLINE_BYTES = 65536
-- The most children of a group.
groups.MOST = 100000
-- How often a group is looked at if nothing happens.
groups.LOOK_MS = 60000

groups.FINAL = { SUCCEEDED = true, FAILED = true, CANCELLED = true, EXPIRED = true }

-- The marks of children that have ended.
local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true, EXPIRED = true, REMOVED = true }
local GROUP_TEXTS = { state = F.group_state, rule = F.group_rule, waiter = F.group_waiter, kind = F.group_kind,
  keep_siblings = F.group_keep_siblings, cancel = F.group_cancel, cancel_reason = F.group_cancel_reason,
  plan = F.group_plan, waited = F.group_waited, finished_ms = F.group_finished_ms }
local GROUP_NUMBERS = { total = F.group_total, SUCCEEDED = F.group_succeeded, FAILED = F.group_failed,
  CANCELLED = F.group_cancelled, EXPIRED = F.group_expired, REMOVED = F.group_removed, in_flight = F.group_in_flight,
  most_in_flight = F.group_max_in_flight, next_held = F.group_next_held, cursor = F.group_cursor,
  deadline_ms = F.group_deadline_ms, bytes = F.group_bytes }
local GROUP_MEMBERS, GROUP_FIELDS = {}, {}
for member, field in pairs(GROUP_TEXTS) do
  GROUP_MEMBERS[#GROUP_MEMBERS + 1], GROUP_FIELDS[#GROUP_FIELDS + 1] = member, field
end
for member, field in pairs(GROUP_NUMBERS) do
  GROUP_MEMBERS[#GROUP_MEMBERS + 1], GROUP_FIELDS[#GROUP_FIELDS + 1] = member, field
end

-- A group, read once in a call, or nil. Its members have the names in GROUP_TEXTS ("" if absent) and GROUP_NUMBERS (0 if absent).
function groups.get(id)
  local group = groups.records[id]
  if group ~= nil then return group or nil end
  local values = rcall("HMGET", base .. "mr:group:" .. id, unpack(GROUP_FIELDS))
  group = { id = id, stored = {}, joined = {}, ended = {} }
  for i, member in ipairs(GROUP_MEMBERS) do
    group[member] = GROUP_TEXTS[member] and (values[i] or "") or numbers.whole(values[i]) or 0
    group.stored[member] = group[member]
  end
  if group.state == "" then group = nil end
  groups.records[id] = group or false
  return group
end

-- Has groups.write look at a group.
local function look_at_group(group)
  if group.looked_at then return end
  group.looked_at = true
  groups.todo[#groups.todo + 1] = group
end

local function alter(group, member, value)
  group[member] = value
  look_at_group(group)
end

local function children_of(group)
  return base .. "mr:group:" .. group.id .. ":children"
end

-- The ULID of a job id. A pattern is slow here.
local function ulid_of(job_id)
  if string.byte(job_id, -27) == 126 then return string.sub(job_id, -26) end
  return string.match(job_id, "~(%w+)$")
end

-- The job id of a child, from the ULID in its entry.
function groups.child_id(group_id, ulid)
  return string.match(group_id, "^(.*~)") .. ulid
end

-- The entry of a child that exists, as its mark or final state and its job id; or nil.
function groups.child(group, index)
  local mark, ulid = string.match(rcall("HGET", children_of(group), index) or "", "^(%S+) (%w+)")
  if mark then return mark, groups.child_id(group.id, ulid) end
end

-- Adds a child. Returns its index, and whether max_in_flight holds it back.
function groups.join(group, job_id)
  local index = group.total + 1
  alter(group, "total", index)
  local held = group.most_in_flight > 0 and group.in_flight >= group.most_in_flight
  if held then
    if group.next_held == 0 then group.next_held = index end
  else
    group.in_flight = group.in_flight + 1
  end
  local entry = (held and "+ " or "- ") .. ulid_of(job_id)
  group.bytes = group.bytes + #entry
  local joined = group.joined
  local n = #joined
  joined[n + 1], joined[n + 2] = index, entry
  return index, held
end

-- The index and the group in a child's F.group, or nil.
local function place_of(child_of)
  local index, id = string.match(child_of, "^(%d+) (%S+)$")
  local group = id and groups.get(id)
  if group then return index, group end
end

-- Notes the end of a child whose F.group is `child_of`. body is its result or failure.
function groups.note_end(child_of, job_id, state, body)
  local index, group = place_of(child_of)
  local ulid = group and ulid_of(job_id)
  if not ulid then return end
  if #body > groups.INLINE_BYTES then body = "" end
  local ended = group.ended
  local n = #ended
  ended[n + 1], ended[n + 2], ended[n + 3], ended[n + 4] = index, ulid, state, body
  look_at_group(group)
end

-- Has a child that has ended count as unfinished again, under the id of its new job.
function groups.reopen(child_of, job_id)
  local index, group = place_of(child_of)
  if not group then return false end
  local mark = groups.child(group, index)
  if not mark or not ENDED[mark] then return false end
  group[mark] = group[mark] - 1
  if not groups.FINAL[group.state] then alter(group, "in_flight", group.in_flight + 1) end
  look_at_group(group)
  rcall("HSET", children_of(group), index, (groups.FINAL[group.state] and "* " or "- ") .. ulid_of(job_id))
  return true
end

-- Has the children of a group cancelled. `word` is CANCELLED, EXPIRED, unmet or met.
function groups.cancel(group, word, reason)
  if group.cancel ~= "" or groups.FINAL[group.state] and word ~= "met" then return end
  if group.state == "OPEN" then group.state = "RUNNING" end
  group.cancel_reason, group.cursor = reason, 1
  alter(group, "cancel", word)
  rcall("ZADD", base .. "mr:groups", "LT", now_text, group.id)
end

-- No more jobs may join.
function groups.close(group)
  if group.state == "OPEN" then alter(group, "state", "RUNNING") end
end

-- Where the next look at the children begins.
function groups.set_cursor(group, index)
  alter(group, "cursor", index)
end

-- Another job waits for a group from now on.
function groups.set_waiter(group, job_id)
  alter(group, "waiter", job_id)
end

-- The finalizer has been stored.
function groups.set_waited(group)
  alter(group, "waited", "1")
end

-- A job begins to wait for its fan-out, which is complete.
function groups.wait_for(group)
  groups.close(group)
  alter(group, "waited", "1")
end
