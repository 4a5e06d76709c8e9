-- group_ends: counts the ends of children, and decides whether their group has finished. lib/group_counts describes groups,
-- and has the functions that this part uses.
--
-- Needs `base`, `rcall`, `numbers`, `stored`, `signals`, `groups` and `ENDED`.
-- TOUCHES  mr:group: (hash)
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

local function update_group(group, give_up)
  local final = groups.FINAL[group.state]
  if #group.ended > 0 then count_ends(group) end
  local all_ended, met = decide_group(group)
  if final then
    groups.look_again(group, met, all_ended, give_up)
  elseif all_ended or met and group.rule == "any" then
    groups.finish(group, met, all_ended, give_up)
  elseif met == false and group.keep_siblings == "" then
    groups.cancel(group, "unmet", "the rule of the group cannot be met any more")
  end
  if group.cancel == "" and group.next_held > 0 then groups.start_held(group) end
end

local function write_group(group)
  local values, before = {}, group.stored
  stored.add(group.id, group.bytes - before[GROUP_BYTES])
  for i, member in ipairs(GROUP_MEMBERS) do
    local value = group[member]
    if value ~= before[i] then
      before[i] = value
      local n = #values
      values[n + 1], values[n + 2] = GROUP_FIELDS[i], i <= GROUP_TEXTS and value or string.format("%.0f", value)
    end
  end
  if #values > 0 then rcall("HSET", base .. "mr:group:" .. group.id, unpack(values)) end
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
