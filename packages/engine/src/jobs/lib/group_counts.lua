-- group_counts: counts the children of groups, and lets the jobs go on that wait for them.
--
-- A group is the hash mr:group:<id>. The hash mr:group:<id>:children has an entry for each child, by its index:
--   "- ulid"            it waits for a worker or runs (in flight)
--   "+ ulid"            max_in_flight holds it back: it is in `delayed`, due at delayed.NEVER_MS
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
-- Needs `base`, `rcall`, `now_ms`, `now_text`, `numbers`, `stored`, `lanes`, `events`, `signals` and `groups`.
-- TOUCHES  mr:group: (hash), mr:groups (zset), mr:groups-ended (zset), waiting-children (zset), delayed (zset),
--          meta (hash), marker (zset)
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

local function lost_of(group)
  return group.FAILED + group.CANCELLED + group.EXPIRED + group.REMOVED
end

-- Whether all children have ended, and whether the rule is met: nil if that is open.
local function decide_group(group)
  local lost, closed = lost_of(group), group.state ~= "OPEN"
  local all_ended = closed and group.SUCCEEDED + lost >= group.total
  if group.rule == "any" then
    if group.SUCCEEDED > 0 then return all_ended, true end
  elseif group.rule == "all" then
    if lost > 0 then return all_ended, false end
  else
    local least = math.floor((group.total * (numbers.whole(group.rule) or 100) + 99) / 100)
    if closed and lost > group.total - least then return all_ended, false end
  end
  if all_ended then return true, group.rule ~= "any" end
  return false, nil
end

-- Writes the ends of children into their entries, and counts them. An end that is repeated replaces the one before.
local function count_ends(group)
  local indexes, sets, ended = {}, {}, group.ended
  for at = 1, #ended, 4 do indexes[#indexes + 1] = ended[at] end
  local entries = rcall("HMGET", children_of(group), unpack(indexes))
  for i, index in ipairs(indexes) do
    local before = entries[i] or ""
    local own, state, body = ended[4 * i - 2], ended[4 * i - 1], ended[4 * i]
    local mark, ulid = "-", own
    if before ~= "- " .. ulid then mark, ulid = string.match(before, "^(%S+) (%w+)") end
    if ulid == own then
      if mark == "-" then
        group.in_flight = group.in_flight - 1
      elseif ENDED[mark] then
        group[mark] = group[mark] - 1
      end
      group[state] = group[state] + 1
      local entry = state .. " " .. ulid .. " " .. body
      group.bytes = group.bytes + #entry - #before
      local n = #sets
      sets[n + 1], sets[n + 2] = index, entry
    end
  end
  group.ended = {}
  if #sets > 0 then rcall("HSET", children_of(group), unpack(sets)) end
end

local function wait_no_more(job_id, at_head, prev)
  rcall("HSET", base .. job_id, F.due_ms, now_text)
  local lane, priority = lanes.find(job_id)
  lanes.put(lane, job_id, priority or 0, at_head)
  events.add("waiting", job_id, "prev", prev)
  signals.add("s QUEUED", job_id)
  signals.work()
  if rcall("HEXISTS", base .. "meta", F.meta_paused) == 0 then rcall("ZADD", base .. "marker", 0, "0") end
end

-- Starts children that were held back, as far as there is room.
local function start_held(group)
  while group.next_held > 0 and group.next_held <= group.total and group.in_flight < group.most_in_flight do
    local index = group.next_held
    local mark, job_id = groups.child(group, index)
    if mark == "+" then
      rcall("HSET", children_of(group), index, "- " .. ulid_of(job_id))
      group.in_flight = group.in_flight + 1
      if rcall("ZREM", base .. "delayed", job_id) == 1 then
        stored.defer(job_id, -1)
        rcall("HSET", base .. job_id, F.delay_ms, "0")
        wait_no_more(job_id, false, "delayed")
      end
    end
    group.next_held = index + 1
  end
end

local WAITER_REASONS = { CANCELLED = "CANCELLED", EXPIRED = "DEADLINE_EXCEEDED", FAILED = "CHILDREN_FAILED" }

-- A job waits for the last of its groups only: it may have fanned out again.
local function let_waiter_go(group, give_up)
  local job_id = group.waiter
  local last = job_id ~= "" and string.match(rcall("HGET", base .. job_id, F.child_groups) or "", "(%S+)$")
  if last ~= group.id or rcall("ZREM", base .. "waiting-children", job_id) == 0 then return end
  stored.defer(job_id, -1)
  if group.kind ~= "finalizer" or group.state == "SUCCEEDED" then
    wait_no_more(job_id, group.kind == "fan_out", "waiting-children")
    return
  end
  local message = group.state == "CANCELLED" and group.cancel_reason
    or group.state == "EXPIRED" and "its group did not finish by its deadline"
    or lost_of(group) .. " of " .. group.total .. " children of its group did not succeed"
  give_up(job_id, "waiting-children", group.state, WAITER_REASONS[group.state], message)
end

local CANCEL_STATES = { CANCELLED = "CANCELLED", EXPIRED = "EXPIRED" }

local function finish_group(group, met, all_ended, give_up)
  group.state = CANCEL_STATES[group.cancel] or (met and "SUCCEEDED" or "FAILED")
  group.finished_ms = now_text
  if group.kind ~= "fan_out" then
    local n = #groups.finished
    groups.finished[n + 1], groups.finished[n + 2] = group.id, group.state
  end
  if all_ended then
    rcall("ZREM", base .. "mr:groups", group.id)
    rcall("ZADD", base .. "mr:groups-ended", now_text, group.id)
  elseif group.keep_siblings == "" then
    groups.cancel(group, "met", "another child of the group has succeeded")
  end
  let_waiter_go(group, give_up)
end

local function update_group(group, give_up)
  local final = groups.FINAL[group.state]
  if #group.ended > 0 then count_ends(group) end
  local all_ended, met = decide_group(group)
  if final then
    if all_ended and rcall("ZREM", base .. "mr:groups", group.id) == 1 then
      rcall("ZADD", base .. "mr:groups-ended", now_text, group.id)
    end
    -- A redriven child may change what the group came to. Its waiter went on before.
    if all_ended and not CANCEL_STATES[group.state] then group.state = met and "SUCCEEDED" or "FAILED" end
    let_waiter_go(group, give_up)
  elseif all_ended or met and group.rule == "any" then
    finish_group(group, met, all_ended, give_up)
  elseif met == false and group.keep_siblings == "" then
    groups.cancel(group, "unmet", "the rule of the group cannot be met any more")
  end
  if group.cancel == "" then start_held(group) end
end

local function write_group(group)
  stored.add(group.id, group.bytes - group.stored.bytes)
  local values = {}
  for member, field in pairs(GROUP_TEXTS) do
    if group[member] ~= group.stored[member] then
      values[#values + 1], values[#values + 2] = field, group[member]
    end
  end
  for member, field in pairs(GROUP_NUMBERS) do
    if group[member] ~= group.stored[member] then
      values[#values + 1], values[#values + 2] = field, string.format("%.0f", group[member])
    end
  end
  if #values > 0 then rcall("HSET", base .. "mr:group:" .. group.id, unpack(values)) end
  for _, member in ipairs(GROUP_MEMBERS) do group.stored[member] = group[member] end
  signals.add("g", group.id)
end

-- The most values that one command writes.
local WRITE_VALUES = 4000

-- Writes the gathered changes. give_up ends a finalizer that must not run (ends.give_up). Ending a job may change further groups.
function groups.write(give_up)
  local i = 1
  while groups.todo[i] do
    local group = groups.todo[i]
    group.looked_at = false
    local joined = group.joined
    for from = 1, #joined, WRITE_VALUES do
      rcall("HSET", children_of(group), unpack(joined, from, math.min(from + WRITE_VALUES - 1, #joined)))
    end
    group.joined = {}
    update_group(group, give_up)
    write_group(group)
    i = i + 1
  end
  groups.todo = {}
end
