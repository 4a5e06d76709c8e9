-- group_changes: what happens to a group once, or seldom: it is closed, cancelled, finished, and lets the job go on that waits
-- for it; held children start, and a redriven child counts again. It is loaded when a call first needs it: most calls only add
-- children or count their ends. lib/group_counts describes groups, and has the functions that this part uses.
--
-- Needs `base`, `rcall`, `now_text`, `stored`, `lanes`, `events`, `signals`, `groups`, `ENDED` and `lost_of`.
-- TOUCHES  mr:groups (zset), mr:groups-ended (zset), waiting-children (zset), delayed (zset),
--          meta (hash), marker (zset)

-- How often a group is looked at if nothing happens.
groups.LOOK_MS = 60000

-- The job id of a child, from the ULID in its entry.
function groups.child_id(group_id, ulid)
  return string.match(group_id, "^(.*~)") .. ulid
end

-- The entry of a child that exists, as its mark or final state and its job id; or nil.
function groups.child(group, index)
  local mark, ulid = string.match(rcall("HGET", children_of(group), index) or "", "^(%S+) (%w+)")
  if mark then return mark, groups.child_id(group.id, ulid) end
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
function groups.start_held(group)
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

function groups.finish(group, met, all_ended, give_up)
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

-- Looks at a group that has finished, after more of its children have ended.
function groups.look_again(group, met, all_ended, give_up)
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
end
