-- lane_write_back: takes out of lanes what a call has taken of them, and writes where they and their keys stand
-- then. Part of `lanes`, and included by lib/lane_turns.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes and lib/lane_lines.
-- TOUCHES  mr:ready: (zset), mr:idle: (zset)

-- Takes what was used of a lane out of it. Returns what is left in it: "some", "none", or "unknown" if
-- that is to be looked up.
local function take_out(lane)
  local used, popped, class = lane.used, lane.popped, lane.beside.class
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

-- Redis keeps a sorted set of up to 128 members in one piece, and searches that from end to end for each
-- member that is written (zset-max-listpack-entries). Once a member was longer than 64 bytes
-- (zset-max-listpack-value) the set is a skip list, until it is empty.
local FEW, LONG_MEMBER = 8, string.rep(" ", 65)

local function make_skip_list(set)
  if rcall("OBJECT", "ENCODING", set) ~= "listpack" then return end
  rcall("ZADD", set, 0, LONG_MEMBER)
  rcall("ZREM", set, LONG_MEMBER)
end

-- A virtual time for a command. Lanes of equal cost share few whole ones, and making text is dear.
local times = {}
local function text_of(at)
  local text = times[at]
  if not text then
    text = at % 1 == 0 and string.format("%.0f", at) or at
    times[at] = text
  end
  return text
end

-- Where keys stand in a band: for their lanes that come back from empty, and for those that other classes have.
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

-- Takes out of each lane what was taken from it, and puts it where it belongs then. A call touches few
-- enough lanes for one command (see lanes.take).
local function write_back(touched, lines)
  local left, unknown = {}, {}
  for i, lane in ipairs(touched) do
    left[i] = take_out(lane)
    if left[i] == "unknown" then unknown[#unknown + 1] = lane.stored end
  end
  -- Mostly all of them have jobs left, or none has.
  local there = #unknown > 0 and rcall("EXISTS", unpack(unknown))
  local classes, left_off = {}, {}
  for band in pairs(lines) do left_off[band] = {} end
  for i, lane in ipairs(touched) do
    local class, key, is_empty = lane.beside.class, lane.key, left[i] == "none"
    local band = string.sub(class, 1, 1)
    local line, off = lines[band], left_off[band]
    if line.moved and line.moved[key] then lane.at = math.max(lane.at, line.moved[key]) end
    if left[i] == "unknown" and there < #unknown then
      is_empty = there == 0 or rcall("EXISTS", lane.stored) == 0
    end
    local of = classes[class]
    if not of then
      of = { lead = lead_of(class), ready = {}, keys = {} }
      classes[class] = of
    end
    if is_empty or line.crowded and not lane.when then
      local n = #off
      off[n + 1], off[n + 2] = lane.at, key
    end
    if is_empty then
      of.keys[#of.keys + 1] = key
    elseif lane.when then
      hold(id_of(lane), key, class, lane.at, lane.when)
    else
      local ready = of.ready
      local n = #ready
      ready[n + 1], ready[n + 2] = text_of(lane.at - of.lead), key
    end
  end
  for class, of in pairs(classes) do
    local ready, set = of.ready, base .. "mr:ready:" .. class
    if #ready > 2 * FEW then make_skip_list(set) end
    if #ready > 0 then rcall("ZADD", set, unpack(ready)) end
    if #of.keys > 0 then leave_all(class, of.keys) end
  end
  for band, line in pairs(lines) do note_turns(band, line, left_off[band]) end
end
