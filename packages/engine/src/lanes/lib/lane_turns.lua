-- lane_turns: chooses the next lanes, and takes jobs from them. Part of `lanes`, and included right
-- after it by scripts that lease.
--
-- Lanes of a band share it by start-time fair queueing (P. Goyal, H. Vin, H. Cheng, "Start-time Fair
-- Queueing", SIGCOMM 1996). A band's virtual time is the start tag of the lane that it served last. Serving a
-- lane adds the job's cost divided by the lane's weight to the lane's virtual time. A job that spends less than
-- estimated moves its lane back by the difference, without a bound. Bands share the workers by stride scheduling
-- by weight, with one step for each job (C. Waldspurger, W. Weihl, "Stride Scheduling", MIT/LCS/TM-528, 1995).
--
-- A key has one turn in a band, however many classes its jobs have. Serving one of its lanes advances its other
-- lanes too, if the same call could have served them. So a key gains nothing by using more types or pools, and it
-- loses nothing in one pool because other workers served it in another. At its turn, the key's most urgent job is
-- taken, and among equally urgent jobs the oldest.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes.
-- TOUCHES  mr:classes (set), mr:sorting (hash), wait (list), prioritized (zset)

-- The default weights of bands: their shares of the workers while all have work. Plain jobs count as standard.
local BAND_WEIGHT = { ["0"] = 4, ["1"] = 16, ["2"] = 4, ["3"] = 1 }

-- Moves up to `limit` jobs from each inbox to the tails of their lanes. The inboxes are the keys in which BullMQ's
-- own scripts put jobs that wait. Returns how many jobs it moved.
function lanes.inbox(limit)
  -- One command answers two questions; lib/lane_sorting asks the other.
  if rcall("EXISTS", base .. "wait", base .. "prioritized", base .. "mr:sorting") == 0 then return 0 end
  lanes.may_sort = true
  local moved = 0
  for _, job_id in ipairs(rcall("RPOP", base .. "wait", limit) or {}) do
    -- Ids that begin with "0:" are markers of old BullMQ versions, not jobs.
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

--- @include "lanes/lib/lane_lines"
--- @include "lanes/lib/lane_write_back"

-- The open classes that a call may serve, and whether there are others that it did not read. The cost of a call
-- does not grow with the classes that other workers serve.
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

-- Builds the line of each band. `call` notes for each band its virtual time when the call began and whether it has
-- classes that the call does not serve, and notes the classes that it serves.
local function line_up_all(wanted, want, call)
  local lines, of_band = {}, {}
  local classes, more = open_classes(wanted)
  -- Redis returns a set in random order. Sorting makes ties come out the same each time.
  table.sort(classes)
  for _, class in ipairs(classes) do
    local band, pool, kind, suspects = parts_of(class)
    of_band[band] = (of_band[band] or 0) + 1
    call.began[band] = call.began[band] or load_bands()[F.band_virtual_time .. band]
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

-- A class gets no credit for the turns that it misses while nobody serves it: it advances with its band. The advance is
-- stored for the whole band, and subtracted for the classes that were served, which are fewer.
local function keep_up(call)
  local state = load_bands()
  for band in pairs(call.others) do
    local passed = state[F.band_virtual_time .. band] - (call.began[band] or state[F.band_virtual_time .. band])
    if passed ~= 0 then
      state[F.band_lead .. band] = (state[F.band_lead .. band] or 0) + passed
      for class in pairs(call.served) do
        if string.sub(class, 1, 1) == band and not lanes.closed[class] then
          state[F.class_lead .. class] = (state[F.class_lead .. class] or 0) - passed
        end
      end
    end
  end
  for class, since in pairs(call.shut) do
    local missed = state[F.band_virtual_time .. string.sub(class, 1, 1)] - since
    if missed ~= 0 then state[F.class_lead .. class] = (state[F.class_lead .. class] or 0) + missed end
  end
end

-- Takes jobs in fair order until `want` jobs were started, or no served lane has a job that may run, or
-- `want` + 1,000 jobs were checked. The caller decides by these functions:
--   wanted.serves(band, pool, kind, suspects)  whether a class counts now. `kind` is its family, or for suspects the
--                       type. It is asked again after each time that a gate shut a class
--   wanted.except, wanted.excepted  the keys to skip, as a table, and how many there are
--   wanted.classes()    all classes that may count, for looking them up where more are open; nil: read all open ones
--   look(job_id, lane, line)  returns the job as a table, with its `cost` (1 is usual) and its key's `weight` (1 if
--                       absent); nil if the job must not run and has left its lane, which costs the lane
--                       nothing
--   gate(job, lane)     returns nil if the job may run now; else the time to check its lane again (ms or "+inf"),
--                       or "shut" if no job of its class can run in this call
--   start(job, finish)  starts the job; `finish` is the lane's virtual time after it
-- A lane has its `key` and its `queue`: the queue of lanes of its class, in order, with the class's `pool`. Returns
-- how many jobs were started, and a table of the classes that were served.
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
    -- A band that was idle starts at the present stride, without credit.
    for band in pairs(lines) do pass[band] = math.max(state[F.band_stride .. band], state[F.band_stride]) end

    while taken < want and looked_at < want + 1000 do
      -- Choose the band with the lowest stride, and its lane with the lowest virtual time.
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
      local class = server.queue.class
      if not server.turn then touched[#touched + 1] = server end
      local job_id = not server.when and not line.shut[class] and next_job(server, want - taken, line.lanes)
      local job = job_id and look(job_id, server, line)
      local when = job and gate and gate(job, server)
      if when then
        server.used = server.used - 1
        if when == "shut" then
          shut(line, class)
          call.shut[class] = call.shut[class] or state[F.band_virtual_time .. band]
        else
          server.when = when
        end
        server.turn = 0
      elseif job_id then
        turn = turn + 1
        server.turn, server.head = turn, nil
        if job then
          -- Skipped keys are behind in the band. The next turn is theirs, so the band does not advance.
          if wanted.excepted == 0 then state[F.band_virtual_time .. band] = lane.virtual end
          lane.virtual = lane.virtual + job.cost / (job.weight or 1)
          if line.moved then line.moved[lane.key] = lane.virtual end
          state[F.band_stride] = pass[band]
          pass[band] = pass[band] + 1 / (state[F.band_weight .. band] or BAND_WEIGHT[band])
          state[F.band_stride .. band] = pass[band]
          start(job, lane.virtual)
          taken = taken + 1
        end
      else
        server.turn = server.turn or 0
      end
      -- The turn passes to the key's other lanes if the lane that was tried may not run its job.
      if job_id and (not when or line.siblings) then had_its_turn(line, lane) end
    end
    write_back(touched, all_lines)
  end
  if taken > 0 then keep_up(call) end
  return taken, call.served
end
