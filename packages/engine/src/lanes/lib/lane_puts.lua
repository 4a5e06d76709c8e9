-- lane_puts: puts jobs into lanes. It gathers them, and writes a batch with a few commands. Part of `lanes`, and
-- included by it.
--
-- Needs `base`, `rcall`, `numbers`, and what is local to lib/lanes and lib/lane_states.
-- TOUCHES  mr:lane: (zset), mr:held (zset), mr:seq (string), mr:seq:plain (string)

-- How many of a lane's jobs have no priority. They are first in the lane, and only these bands have such jobs.
local function without_priority(lane_key, band, run)
  if band ~= "0" and band ~= "1" then return 0 end
  return rcall("ZCOUNT", lane_key, "-inf", run - 1)
end

-- Puts a job into a lane, after all jobs of the same priority or before them.
function lanes.put(lane, job_id, priority, at_head)
  local puts = lanes.puts[lane]
  if not puts then
    puts = {}
    lanes.puts[lane] = puts
    lanes.put_order[#lanes.put_order + 1] = lane
  end
  -- Jobs of several lanes may be of one key. They are numbered in the order of arrival, not lane by lane.
  local n, order = #puts, nil
  if lane == PLAIN_LANE then
    order = lanes.put_plain + 1
    lanes.put_plain = order
  else
    order = lanes.put_jobs + 1
    lanes.put_jobs = order
  end
  puts[n + 1], puts[n + 2], puts[n + 3] = job_id, priority, at_head and -order or order
end

-- Releases a held lane that has a new job at its head: it may be able to run that job, for example a smaller one.
local function reconsider(lane, key, class, puts)
  local when = rcall("ZSCORE", base .. "mr:held", lane)
  if not when or when == "inf" then return end
  local head = rcall("ZRANGE", base .. "mr:lane:" .. lane, 0, 0)[1]
  for i = 1, #puts, 3 do
    if puts[i] == head then return release(lane, key, class) end
  end
end

-- `seq` is the number before the first put job. `entering` gathers the keys of lanes that were empty, by class.
local function write_lane(lane, puts, run, seq, entering)
  local plain = lane == PLAIN_LANE
  local lane_key = base .. "mr:lane:" .. lane
  local key, class = split(lane)
  local added, args, n, without = 0, {}, 0, nil
  for i = 1, #puts, 3 do
    local order = puts[i + 2]
    local priority = plain and puts[i + 1] or math.min(puts[i + 1], 127)
    if priority == 0 and not without then without = without_priority(lane_key, "0", run) end
    args[n + 1] = priority * run + run / 2 + order + (order < 0 and -seq or seq)
    args[n + 2] = puts[i]
    n = n + 2
    if n == 4000 or i + 3 > #puts then
      added = added + rcall("ZADD", lane_key, unpack(args, 1, n))
      n = 0
    end
  end
  lanes.count = lanes.count + added
  if without then lanes.without = lanes.without + without_priority(lane_key, "0", run) - without end
  if added == 0 then return end
  if rcall("ZCARD", lane_key) == added then
    local keys = entering[class] or {}
    entering[class] = keys
    keys[#keys + 1] = key
    if #keys == WRITE_AT_ONCE then
      entering[class] = nil
      enter_all(class, keys)
    end
  elseif any_held() then
    reconsider(lane, key, class, puts)
  end
end

-- Writes the jobs that were put so far.
local function write_puts()
  local order, puts = lanes.put_order, lanes.puts
  if #order == 0 then return end
  local jobs, plain_jobs, entering = lanes.put_jobs, lanes.put_plain, {}
  lanes.puts, lanes.put_order, lanes.put_jobs, lanes.put_plain = {}, {}, 0, 0
  local seq = jobs > 0 and numbers.add(base .. "mr:seq", jobs) - jobs
  for _, lane in ipairs(order) do
    if lane == PLAIN_LANE then
      local first = numbers.add(base .. "mr:seq:plain", plain_jobs) - plain_jobs
      write_lane(lane, puts[lane], RUN_PLAIN, first, entering)
    else
      write_lane(lane, puts[lane], RUN, seq, entering)
    end
  end
  for class, keys in pairs(entering) do enter_all(class, keys) end
end
