-- group_ends: counts the ends of children, decides whether their group has finished, and lets the job go on that waits for it.
-- lib/group_counts describes groups, and has the functions that this part uses.
--
-- Needs `base`, `rcall`, `now_text`, `numbers`, `stored`, `lanes`, `events`, `signals`, `groups` and `ENDED`.
-- TOUCHES  mr:group: (hash), mr:groups (zset), mr:groups-ended (zset), waiting-children (zset), delayed (zset),
--          meta (hash), marker (zset)
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
    groups.ends[#groups.ends + 1] = group
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
    local state = met and "SUCCEEDED" or "FAILED"
    if all_ended and not CANCEL_STATES[group.state] and group.state ~= state then
      group.state = state
      if group.kind ~= "fan_out" then groups.ends[#groups.ends + 1] = group end
    end
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
