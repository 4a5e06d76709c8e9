-- lane_turns: which lanes are next, and taking jobs from them. Part of `lanes`, and included right
-- after it by scripts that lease.
--
-- Between the lanes of a band it is start-time fair queueing (P. Goyal, H. Vin, H. Cheng, "Start-time Fair
-- Queueing", SIGCOMM 1996): a band's virtual time is the start tag of what it served last, and serving a
-- lane moves that lane on by the job's cost over the lane's weight. What a lane is given back for jobs that
-- spent less moves it back, however far: that is its own. Between bands it is stride scheduling
-- by weight, a step a job (C. Waldspurger, W. Weihl, "Stride Scheduling", MIT/LCS/TM-528, 1995).
--
-- A key has one turn in a band, however many classes its jobs are of: serving one of its lanes moves its
-- others on too, as far as the same call could have served them. So a key gains nothing by using more types
-- or pools, and loses nothing of one for what other workers did for it in another. When its turn has come,
-- the most urgent of its jobs is taken, and of those the one that came first.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes.
-- TOUCHES  mr:lane: (zset), mr:ready: (zset), mr:classes (set), mr:idle: (zset), mr:sorting (hash), wait (list),
--          prioritized (zset)

-- How much of the workers a band gets while all have work. Plain jobs count as standard.
local BAND_WEIGHT = { ["0"] = 4, ["1"] = 16, ["2"] = 4, ["3"] = 1 }

-- Moves up to `limit` jobs of each inbox, where BullMQ's own scripts put jobs that shall run, to the
-- tails of their lanes. Returns how many it moved.
function lanes.inbox(limit)
  -- One look for two: see lib/lane_sorting.
  if rcall("EXISTS", base .. "wait", base .. "prioritized", base .. "mr:sorting") == 0 then return 0 end
  lanes.may_sort = true
  local moved = 0
  for _, job_id in ipairs(rcall("RPOP", base .. "wait", limit) or {}) do
    -- "0:…" are markers that old BullMQ versions kept among the jobs.
    if string.sub(job_id, 1, 2) ~= "0:" then
      local lane, priority = lanes.find(job_id)
      lanes.put(lane, job_id, priority or 0, false)
      moved = moved + 1
    end
  end
  local prioritized = rcall("ZPOPMIN", base .. "prioritized", limit)
  for i = 1, #prioritized, 2 do
    local job_id = prioritized[i]
    local lane, priority = lanes.find(job_id)
    lanes.put(lane, job_id, priority or math.floor(tonumber(prioritized[i + 1]) / 4294967296), false)
    moved = moved + 1
  end
  return moved
end

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

-- The open classes that a call may serve, and whether there are others that were not looked at. What a call
-- has to look at does not grow with the classes that others serve.
local function open_classes(wanted)
  local set = base .. "mr:classes"
  local open = rcall("SRANDMEMBER", set, FEW_CLASSES + 1)
  if #open <= FEW_CLASSES then return open, false end
  local named = wanted.classes and wanted.classes()
  if not named then return rcall("SMEMBERS", set), false end
  open = {}
  for from = 1, #named, WRITE_AT_ONCE do
    local to = math.min(from + WRITE_AT_ONCE - 1, #named)
    for i, is_open in ipairs(rcall("SMISMEMBER", set, unpack(named, from, to))) do
      if is_open == 1 then open[#open + 1] = named[from + i - 1] end
    end
  end
  return open, true
end

-- `call` gathers by band where it was when the call began, whether it has classes that are not served, and
-- which are.
local function line_up_all(wanted, want, call)
  local lines, of_band = {}, {}
  local classes, more = open_classes(wanted)
  -- Redis gives them in an order of its own, which each start draws anew; ties go by this one.
  table.sort(classes)
  for _, class in ipairs(classes) do
    local band, pool, kind, suspects = parts_of(class)
    of_band[band] = (of_band[band] or 0) + 1
    call.began[band] = call.began[band] or load_bands()["v" .. band]
    if wanted.serves(band, pool, kind, suspects) then
      local line = lines[band] or { queues = {}, again = {}, served = {}, shut = {}, lanes = 0 }
      lines[band] = line
      line_up(line, class, want, wanted)
      call.served[class] = true
    elseif not call.served[class] then
      call.others[band] = true
    end
  end
  for band, line in pairs(lines) do
    line.crowded = more or of_band[band] > 1
    if more then call.others[band] = true end
    if #line.queues > 1 then find_siblings(line) end
    if line.lanes == 0 then lines[band] = nil end
  end
  return lines
end

-- What a class misses while it is not served is no credit of its lanes: it moves on with its band. That is
-- written down for the band, and taken off again for those that were served, which are fewer.
local function keep_up(call)
  local state = load_bands()
  for band in pairs(call.others) do
    local passed = state["v" .. band] - (call.began[band] or state["v" .. band])
    if passed ~= 0 then
      state["m" .. band] = (state["m" .. band] or 0) + passed
      for class in pairs(call.served) do
        if string.sub(class, 1, 1) == band and not lanes.closed[class] then
          state["o" .. class] = (state["o" .. class] or 0) - passed
        end
      end
    end
  end
  for class, since in pairs(call.shut) do
    local missed = state["v" .. string.sub(class, 1, 1)] - since
    if missed ~= 0 then state["o" .. class] = (state["o" .. class] or 0) + missed end
  end
end

-- Takes jobs in fair order until `want` were started, no lane that is served has a job that may run, or
-- `want` + 1,000 were looked at. How it decides is the caller's:
--   wanted.serves(band, pool, kind, suspects)  which classes count now; `kind` is their family, of suspects their
--                       type; asked again after each time a gate shut one
--   wanted.except, wanted.excepted  keys that are passed over, as a table, and how many
--   wanted.classes()    all that may count, to be looked up where more are open; nil: look at all that are open
--   look(job_id, lane)  the job as a table, with its `cost` (1 is usual) and its key's `weight`, 1 if there is
--                       none; nil if it shall not run, and is out of its lane then, which costs the lane
--                       nothing
--   gate(job, lane)     nil if the job may run now; else when to look at its lane again (ms or "+inf"), or
--                       "shut" if none of its class can run in this call
--   start(job, finish)  it runs; it leaves its lane at `finish`
-- A lane has its `key`, and `beside`: the lanes that were lined up with it, those that are next first, and
-- the `pool` that they are of. Returns also a table of the classes that were served.
function lanes.take(want, wanted, look, gate, start)
  write_puts()
  local taken, looked_at, turn = 0, 0, 0
  local call = { began = {}, others = {}, served = {}, shut = {} }
  while taken < want and looked_at < want + 1000 do
    local lines = line_up_all(wanted, want - taken, call)
    if next(lines) == nil then break end
    local state = load_bands()
    lanes.bands_changed = true
    local pass, touched, all_lines = {}, {}, {}
    for band, line in pairs(lines) do all_lines[band] = line end
    -- A band that comes back starts at the present.
    for band in pairs(lines) do pass[band] = math.max(state["p" .. band], state.p) end

    while taken < want and looked_at < want + 1000 do
      -- The band that has had least for its weight, and its lane that is furthest back.
      local band, lane
      repeat
        band = nil
        for _, candidate in ipairs(BANDS) do
          if lines[candidate] and (not band or pass[candidate] < pass[band]) then band = candidate end
        end
        if not band then break end
        lane = next_in(lines[band])
        if not lane then lines[band] = nil end
      until lane
      if not lane then break end

      local line = lines[band]
      looked_at = looked_at + 1
      local server = server_of(line, lane) or lane
      local class = server.beside.class
      if not server.turn then touched[#touched + 1] = server end
      local job_id = not server.when and not line.shut[class] and next_job(server, want - taken, line.lanes)
      local job = job_id and look(job_id, server)
      local when = job and gate and gate(job, server)
      if when then
        server.used = server.used - 1
        if when == "shut" then
          shut(line, class)
          call.shut[class] = call.shut[class] or state["v" .. band]
        else
          server.when = when
        end
        server.turn = 0
      elseif job_id then
        turn = turn + 1
        server.turn, server.head = turn, nil
        if job then
          -- Keys that are passed over are behind; theirs is the next turn.
          if wanted.excepted == 0 then state["v" .. band] = lane.at end
          lane.at = lane.at + job.cost / (job.weight or 1)
          if line.moved then line.moved[lane.key] = lane.at end
          state.p = pass[band]
          pass[band] = pass[band] + 1 / (state["w" .. band] or BAND_WEIGHT[band])
          state["p" .. band] = pass[band]
          start(job, lane.at)
          taken = taken + 1
        end
      else
        server.turn = server.turn or 0
      end
      -- It goes on for the others of its key where the one that was tried may not.
      if job_id and (not when or line.siblings) then had_its_turn(line, lane) end
    end
    write_back(touched, all_lines)
  end
  if taken > 0 then keep_up(call) end
  return taken, call.served
end
