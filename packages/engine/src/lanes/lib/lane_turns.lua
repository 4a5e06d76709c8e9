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
-- TOUCHES  mr:classes (set), mr:sorting (hash), wait (list), prioritized (zset)

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

--- @include "lanes/lib/lane_lines"
--- @include "lanes/lib/lane_write_back"

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

-- What a class misses while it is not served is no credit of its lanes: it moves on with its band. That is
-- written down for the band, and taken off again for those that were served, which are fewer.
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
    for band in pairs(lines) do pass[band] = math.max(state[F.band_stride .. band], state[F.band_stride]) end

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
          call.shut[class] = call.shut[class] or state[F.band_virtual_time .. band]
        else
          server.when = when
        end
        server.turn = 0
      elseif job_id then
        turn = turn + 1
        server.turn, server.head = turn, nil
        if job then
          -- Keys that are passed over are behind; theirs is the next turn.
          if wanted.excepted == 0 then state[F.band_virtual_time .. band] = lane.at end
          lane.at = lane.at + job.cost / (job.weight or 1)
          if line.moved then line.moved[lane.key] = lane.at end
          state[F.band_stride] = pass[band]
          pass[band] = pass[band] + 1 / (state[F.band_weight .. band] or BAND_WEIGHT[band])
          state[F.band_stride .. band] = pass[band]
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
