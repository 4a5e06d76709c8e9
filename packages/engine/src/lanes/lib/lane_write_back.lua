-- lane_write_back: removes from lanes the jobs that a call has taken, and stores the new virtual times of lanes and
-- keys. Part of `lanes`, and included by lib/lane_turns.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes and lib/lane_lines.
-- TOUCHES  mr:ready: (zset), mr:idle: (zset)

-- Removes the used jobs from a lane. Returns what is left in it: "some", "none", or "unknown" if that needs a
-- look-up.
local function take_out(lane)
  local used, popped, class = lane.used, lane.popped, lane.queue.class
  local still_in = used
  if popped and used == 0 then
    rcall("ZADD", lane.stored, popped[2], popped[1])
    return "some"
  elseif popped then
    if class < "2" and tonumber(popped[2]) < run_of_class(class) then lanes.without = lanes.without - 1 end
    still_in = used - 1
  end
  if still_in > 0 then
    local without = without_priority(lane.stored, string.sub(class, 1, 1), run_of_class(class))
    lanes.without = lanes.without - math.min(still_in, without)
    rcall("ZREMRANGEBYRANK", lane.stored, 0, still_in - 1)
  end
  lanes.count = lanes.count - used
  return used < lane.fetched and "some" or lane.all and "none" or "unknown"
end

-- Redis stores a sorted set of up to 128 members (zset-max-listpack-entries) as a listpack, and scans it from end to
-- end for each member that is written. After a member longer than 64 bytes (zset-max-listpack-value) the set is a
-- skip list until it is empty.
local FEW, LONG_MEMBER = 8, string.rep(" ", 65)

local function make_skip_list(set)
  if rcall("OBJECT", "ENCODING", set) ~= "listpack" then return end
  rcall("ZADD", set, 0, LONG_MEMBER)
  rcall("ZREM", set, LONG_MEMBER)
end

-- A virtual time as text for a command. Lanes of equal cost share few whole numbers, and conversion is expensive.
local times = {}
local function text_of(at)
  local text = times[at]
  if not text then
    text = at % 1 == 0 and string.format("%.0f", at) or at
    times[at] = text
  end
  return text
end

-- Stores the virtual times of keys in a band: for their lanes that become ready later, and for their lanes of other classes.
local function note_turns(band, line, left_off)
  local set = base .. "mr:idle:" .. band
  if #left_off > 0 and line.crowded then
    rcall("ZADD", set, "GT", unpack(left_off))
  elseif #left_off > 0 then
    rcall("ZADD", set, unpack(left_off))
  end
  if not line.moved or next(line.moved) == nil then return end
  for _, queue in ipairs(line.queues) do
    local lead, moved, n = lead_of(queue.class), {}, 0
    for key, at in pairs(line.moved) do
      moved[n + 1], moved[n + 2] = at - lead, key
      n = n + 2
    end
    rcall("ZADD", base .. "mr:ready:" .. queue.class, "XX", "GT", unpack(moved))
  end
end

-- Removes from each lane the jobs that were taken, and stores the lane as ready, held or empty. A call touches few
-- enough lanes for one command (see lanes.take).
local function write_back(touched, lines)
  local left, unknown = {}, {}
  for i, lane in ipairs(touched) do
    left[i] = take_out(lane)
    if left[i] == "unknown" then unknown[#unknown + 1] = lane.stored end
  end
  -- Usually all of these lanes have jobs left, or none has.
  local with_jobs = #unknown > 0 and rcall("EXISTS", unpack(unknown))
  local classes, left_off = {}, {}
  for band in pairs(lines) do left_off[band] = {} end
  for i, lane in ipairs(touched) do
    local class, key, is_empty = lane.queue.class, lane.key, left[i] == "none"
    local band = string.sub(class, 1, 1)
    local line, off = lines[band], left_off[band]
    if line.moved and line.moved[key] then lane.virtual = math.max(lane.virtual, line.moved[key]) end
    if left[i] == "unknown" and with_jobs < #unknown then
      is_empty = with_jobs == 0 or rcall("EXISTS", lane.stored) == 0
    end
    local group = classes[class]
    if not group then
      group = { lead = lead_of(class), ready = {}, keys = {} }
      classes[class] = group
    end
    if is_empty or line.crowded and not lane.when then
      local n = #off
      off[n + 1], off[n + 2] = lane.virtual, key
    end
    if is_empty then
      group.keys[#group.keys + 1] = key
    elseif lane.when then
      hold(id_of(lane), key, class, lane.virtual, lane.when)
    else
      local ready = group.ready
      local n = #ready
      ready[n + 1], ready[n + 2] = text_of(lane.virtual - group.lead), key
    end
  end
  for class, group in pairs(classes) do
    local ready, set = group.ready, base .. "mr:ready:" .. class
    if #ready > 2 * FEW then make_skip_list(set) end
    if #ready > 0 then rcall("ZADD", set, unpack(ready)) end
    if #group.keys > 0 then leave_all(class, group.keys) end
  end
  for band, line in pairs(lines) do note_turns(band, line, left_off[band]) end
end
