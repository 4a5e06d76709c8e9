-- lane_lines: the lanes of a band lined up in the order of their turns. Part of `lanes`, and included by
-- lib/lane_turns.
--
-- A line has the lanes of each class that are furthest back, in order (`queues`), and those that had a turn in
-- this call: a heap (`again`), and those that nobody has had to compare yet (`served`).
--
-- Needs `base`, `rcall`, and what is local to lib/lanes.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset)

-- The candidates of a band: the lanes of each class that are furthest back, in order, and those that had
-- a turn in this call: a heap, and beside it those that nobody has had to compare yet.
local function line_up(line, class, want, wanted)
  local ready = rcall("ZRANGE", base .. "mr:ready:" .. class, 0, want + wanted.excepted - 1, "WITHSCORES")
  if #ready == 0 then return end
  local _, pool = parts_of(class)
  local queue = { class = class, pool = pool, next = 1 }
  local by, prefix, suffix, n = lead_of(class), base .. "mr:lane:", "|" .. class, 0
  for i = 1, #ready, 2 do
    local key = ready[i]
    if not wanted.except[key] then
      n = n + 1
      -- Eight fields, and mostly no more come: with the ninth Lua doubles a table.
      queue[n] = { key = key, stored = prefix .. key .. suffix, at = ready[i + 1] + by, beside = queue,
        used = 0, fetched = 0, turn = false, popped = false }
    end
  end
  if n == 0 then return end
  line.queues[#line.queues + 1] = queue
  line.lanes = line.lanes + #queue
end

local function id_of(lane)
  return lane.key .. "|" .. lane.beside.class
end

-- A heap of lanes by virtual time, and by `turn` where that is equal.
local function before(a, b)
  return a.at < b.at or a.at == b.at and (a.turn or 0) < (b.turn or 0)
end

local function push(heap, lane)
  local at = #heap + 1
  while at > 1 do
    local above = math.floor(at / 2)
    if before(heap[above], lane) then break end
    heap[at] = heap[above]
    at = above
  end
  heap[at] = lane
end

local function pop(heap)
  local top, last = heap[1], table.remove(heap)
  local size = #heap
  if size == 0 then return top end
  local at = 1
  while true do
    local below = 2 * at
    if below > size then break end
    if below < size and before(heap[below + 1], heap[below]) then below = below + 1 end
    if not before(heap[below], last) then break end
    heap[at] = heap[below]
    at = below
  end
  heap[at] = last
  return top
end

-- The lane of a line that is furthest back, taken out of it, or nil. Of several lanes of a key the first that
-- comes stands for all of them, from then on.
local function next_in(line)
  local from, lane, stands = nil, nil, line.stands
  for _, queue in ipairs(line.queues) do
    local candidate = queue[queue.next]
    while stands and candidate and stands[candidate.key] do
      queue.next = queue.next + 1
      candidate = queue[queue.next]
    end
    if candidate and (not lane or candidate.at < lane.at) then from, lane = queue, candidate end
  end
  if line.soonest and (not lane or line.soonest < lane.at) then
    for _, other in ipairs(line.served) do push(line.again, other) end
    line.served, line.soonest = {}, nil
  end
  local again = line.again[1]
  if again and (not lane or again.at < lane.at) then return pop(line.again) end
  if lane then
    from.next = from.next + 1
    if stands then stands[lane.key] = true end
  end
  return lane
end

local function had_its_turn(line, lane)
  line.served[#line.served + 1] = lane
  if not line.soonest or lane.at < line.soonest then line.soonest = lane.at end
end

-- Leaves a class out for the rest of the call.
local function shut(line, class)
  line.shut[class] = true
  for _, queue in ipairs(line.queues) do
    if queue.class == class then queue.next = #queue + 1 end
  end
end

-- The next job of a lane, or nil if it has no more. Jobs stay in the lane until write_back, but for the
-- one that is taken at once where a lane is asked for one only.
local function next_job(lane, want, lanes_beside)
  if lane.used == lane.fetched then
    if lane.all then return nil end
    local lane_key = lane.stored
    if lane.fetched == 0 and want <= lanes_beside then
      local popped = rcall("ZPOPMIN", lane_key)
      if not popped[1] then
        lane.all = true
        return nil
      end
      lane.popped, lane.fetched, lane.used = popped, 1, 1
      return popped[1]
    end
    -- One more than its share tells whether any is left. Not ZPOPMIN, which writes out the scores.
    local fetch = lane.fetched == 0 and math.ceil(want / lanes_beside) + 1 or lane.fetched
    local from = lane.popped and lane.used - 1 or lane.used
    local ids = rcall("ZRANGE", lane_key, from, from + fetch - 1)
    lane.ids, lane.first, lane.fetched = ids, lane.used, lane.used + #ids
    lane.all = #ids < fetch
    if #ids == 0 then return nil end
  end
  lane.used = lane.used + 1
  return lane.ids[lane.used - lane.first]
end

-- Finds the lanes of a line that are of one key.
local function find_siblings(line)
  local siblings = {}
  for _, queue in ipairs(line.queues) do
    for _, lane in ipairs(queue) do
      local of = siblings[lane.key]
      if of then of[#of + 1] = lane else siblings[lane.key] = { lane } end
    end
  end
  line.siblings, line.moved, line.stands = siblings, {}, {}
end

-- Where the next job of a lane stands among all jobs of its band, or nil if it has no more.
local function head_of(lane)
  if lane.head == nil then
    local at = lane.popped and lane.used - 1 or lane.used
    lane.head = tonumber(rcall("ZRANGE", lane.stored, at, at, "WITHSCORES")[2]) or false
  end
  return lane.head
end

-- The lane that serves when the turn of `lane` has come: that of its key with the next job. Nil: none can.
local function server_of(line, lane)
  local siblings, first, head = line.siblings and line.siblings[lane.key], nil, nil
  if not siblings or #siblings == 1 then return lane end
  for _, sibling in ipairs(siblings) do
    local at = not sibling.when and not line.shut[sibling.beside.class] and head_of(sibling)
    if at and (not head or at < head) then first, head = sibling, at end
  end
  return first
end
