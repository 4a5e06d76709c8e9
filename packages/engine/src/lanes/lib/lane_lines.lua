-- lane_lines: the lanes of a band in the order of their turns, called a line. Part of `lanes`, and included by
-- lib/lane_turns.
--
-- A line holds the lanes of each class with the lowest virtual times, in order (`queues`). Lanes that had a turn in
-- this call are in a heap (`again`), or in a list of lanes that no comparison has needed yet (`served`).
--
-- Needs `base`, `rcall`, and what is local to lib/lanes.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset)

-- Adds the lanes of a class with the lowest virtual times to a line, in order.
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
      -- A lane has eight fields, and rarely gets more: Lua doubles a table at the ninth.
      queue[n] = { key = key, stored = prefix .. key .. suffix, virtual = ready[i + 1] + by, queue = queue,
        used = 0, fetched = 0, turn = false, popped = false }
    end
  end
  if n == 0 then return end
  line.queues[#line.queues + 1] = queue
  line.lanes = line.lanes + #queue
end

local function id_of(lane)
  return lane.key .. "|" .. lane.queue.class
end

-- The order of the heap: by virtual time, and by `turn` among equal times.
local function before(a, b)
  return a.virtual < b.virtual or a.virtual == b.virtual and (a.turn or 0) < (b.turn or 0)
end

local function push(heap, lane)
  local i = #heap + 1
  while i > 1 do
    local parent = math.floor(i / 2)
    if before(heap[parent], lane) then break end
    heap[i] = heap[parent]
    i = parent
  end
  heap[i] = lane
end

local function pop(heap)
  local top, last = heap[1], table.remove(heap)
  local size = #heap
  if size == 0 then return top end
  local i = 1
  while true do
    local child = 2 * i
    if child > size then break end
    if child < size and before(heap[child + 1], heap[child]) then child = child + 1 end
    if not before(heap[child], last) then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = last
  return top
end

-- Removes the lane with the lowest virtual time from a line and returns it, or nil. The first lane of a key that
-- comes represents all lanes of the key from then on.
local function next_in(line)
  local from, lane, represented = nil, nil, line.represented
  for _, queue in ipairs(line.queues) do
    local candidate = queue[queue.next]
    while represented and candidate and represented[candidate.key] do
      queue.next = queue.next + 1
      candidate = queue[queue.next]
    end
    if candidate and (not lane or candidate.virtual < lane.virtual) then from, lane = queue, candidate end
  end
  if line.soonest and (not lane or line.soonest < lane.virtual) then
    for _, other in ipairs(line.served) do push(line.again, other) end
    line.served, line.soonest = {}, nil
  end
  local again = line.again[1]
  if again and (not lane or again.virtual < lane.virtual) then return pop(line.again) end
  if lane then
    from.next = from.next + 1
    if represented then represented[lane.key] = true end
  end
  return lane
end

local function had_its_turn(line, lane)
  line.served[#line.served + 1] = lane
  if not line.soonest or lane.virtual < line.soonest then line.soonest = lane.virtual end
end

-- Skips a class for the rest of the call.
local function shut(line, class)
  line.shut[class] = true
  for _, queue in ipairs(line.queues) do
    if queue.class == class then queue.next = #queue + 1 end
  end
end

-- The next job of a lane, or nil if it has no more. Jobs stay in the lane until write_back, except that a
-- lane from which only one job is wanted gives it up at once.
local function next_job(lane, want, lane_count)
  if lane.used == lane.fetched then
    if lane.all then return nil end
    local lane_key = lane.stored
    if lane.fetched == 0 and want <= lane_count then
      local popped = rcall("ZPOPMIN", lane_key)
      if not popped[1] then
        lane.all = true
        return nil
      end
      lane.popped, lane.fetched, lane.used = popped, 1, 1
      return popped[1]
    end
    -- Reading one job more than the lane's share shows whether any is left. ZPOPMIN would also return all scores.
    local fetch = lane.fetched == 0 and math.ceil(want / lane_count) + 1 or lane.fetched
    local from = lane.popped and lane.used - 1 or lane.used
    local ids = rcall("ZRANGE", lane_key, from, from + fetch - 1)
    lane.ids, lane.first, lane.fetched = ids, lane.used, lane.used + #ids
    lane.all = #ids < fetch
    if #ids == 0 then return nil end
  end
  lane.used = lane.used + 1
  return lane.ids[lane.used - lane.first]
end

-- Groups the lanes of a line by key.
local function find_siblings(line)
  local siblings = {}
  for _, queue in ipairs(line.queues) do
    for _, lane in ipairs(queue) do
      local same_key = siblings[lane.key]
      if same_key then same_key[#same_key + 1] = lane else siblings[lane.key] = { lane } end
    end
  end
  line.siblings, line.moved, line.represented = siblings, {}, {}
end

-- The score of a lane's next job, by which jobs of a band compare, or nil if the lane has no more.
local function head_of(lane)
  if lane.head == nil then
    local at = lane.popped and lane.used - 1 or lane.used
    lane.head = tonumber(rcall("ZRANGE", lane.stored, at, at, "WITHSCORES")[2]) or false
  end
  return lane.head
end

-- The lane that serves a turn of `lane`: the lane of the same key whose next job comes first. Nil if none has a job.
local function server_of(line, lane)
  local siblings, first, head = line.siblings and line.siblings[lane.key], nil, nil
  if not siblings or #siblings == 1 then return lane end
  for _, sibling in ipairs(siblings) do
    local sibling_head = not sibling.when and not line.shut[sibling.queue.class] and head_of(sibling)
    if sibling_head and (not head or sibling_head < head) then first, head = sibling, sibling_head end
  end
  return first
end
