-- group_counts: groups, their children, and the jobs that wait for them. lib/group_ends decides what ends mean, and
-- lib/group_changes has what happens to a group once, or seldom.
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
-- Needs `base`, `rcall`, `numbers` and `groups`.
-- TOUCHES  mr:group: (hash)
groups.records = {}

-- The longest result or failure that is kept with the group.
groups.INLINE_BYTES = 65536
-- The most children of a group.
groups.MOST = 100000

groups.FINAL = { SUCCEEDED = true, FAILED = true, CANCELLED = true, EXPIRED = true }

-- The marks of children that have ended.
local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true, EXPIRED = true, REMOVED = true }

-- The members of a group and their fields, in the same order. The first GROUP_TEXTS of them are texts, the others numbers,
-- of which the last is the bytes.
local GROUP_MEMBERS = { "state", "rule", "waiter", "kind", "keep_siblings", "cancel", "cancel_reason", "plan", "waited",
  "finished_ms", "total", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "REMOVED", "in_flight", "most_in_flight", "next_held",
  "cursor", "deadline_ms", "bytes" }
local GROUP_FIELDS = { F.group_state, F.group_rule, F.group_waiter, F.group_kind, F.group_keep_siblings, F.group_cancel,
  F.group_cancel_reason, F.group_plan, F.group_waited, F.group_finished_ms, F.group_total, F.group_succeeded, F.group_failed,
  F.group_cancelled, F.group_expired, F.group_removed, F.group_in_flight, F.group_max_in_flight, F.group_next_held,
  F.group_cursor, F.group_deadline_ms, F.group_bytes }
local GROUP_TEXTS, GROUP_BYTES = 10, #GROUP_MEMBERS

-- A group, read once in a call, or nil. Absent texts are "", and absent numbers 0.
function groups.get(id)
  local group = groups.records[id]
  if group ~= nil then return group or nil end
  local values = rcall("HMGET", base .. "mr:group:" .. id, unpack(GROUP_FIELDS))
  for i = 1, GROUP_TEXTS do values[i] = values[i] or "" end
  for i = GROUP_TEXTS + 1, #GROUP_FIELDS do values[i] = numbers.whole(values[i]) or 0 end
  group = { id = id, stored = values, joined = {}, ended = {}, tail = " " .. id, looked_at = false }
  for i, member in ipairs(GROUP_MEMBERS) do group[member] = values[i] end
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

-- An index as text. Converting a number costs as much as a small command, so it is done for every tenth index.
local tens, tens_text
local function index_text(index)
  local digit = index % 10
  if index - digit ~= tens then
    tens = index - digit
    tens_text = tens > 0 and string.format("%.0f", tens / 10) or ""
  end
  return tens_text .. string.char(48 + digit)
end

-- Adds a child with this ULID. Returns its index as text, and whether max_in_flight holds it back.
function groups.join(group, ulid)
  local index = group.total + 1
  alter(group, "total", index)
  local held = group.most_in_flight > 0 and group.in_flight >= group.most_in_flight
  if held then
    if group.next_held == 0 then group.next_held = index end
  else
    group.in_flight = group.in_flight + 1
  end
  local entry = (held and "+ " or "- ") .. ulid
  group.bytes = group.bytes + #entry
  local joined, text = group.joined, index_text(index)
  local n = #joined
  joined[n + 1], joined[n + 2] = text, entry
  return text, held
end

-- The index and the group in a child's F.group, or nil. Most calls meet children of one group, so it is tried first: a
-- pattern costs more.
local last_met
local function place_of(child_of)
  if last_met and string.sub(child_of, -#last_met.tail) == last_met.tail then
    return string.sub(child_of, 1, -1 - #last_met.tail), last_met
  end
  local index, id = string.match(child_of, "^(%d+) (%S+)$")
  local group = id and groups.get(id)
  if not group then return nil end
  last_met = group
  return index, group
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
