-- usage_days: what the attempts of each API key spent, by day, pool and model. The script that settles an attempt counts it
-- here, so the sums are exactly those of the settled attempts.
--
-- mr:usage:<day> is of one day, in days since 1970 (UTC). It has a record for each "key|pool|model": the numbers in the order
-- of usage_of_day (stored-records.ts), each as a double of 8 bytes, the lowest first. Text would take five times as long to
-- read and write. For each "key" the hash has the number of its records. A key has at most MOST_OF_KEY of them in a day: what
-- comes after that counts under "key|*|*". A job without a pool has the pool "". The hash expires after KEEP_DAY_MS.
--
-- Needs `base`, `rcall`, `now_ms`, `lanes` and `usages`.
-- TOUCHES  mr:usage: (hash)
--- @include "redis/lib/numbers"
local usage_days = { sums = {}, order = {}, pools = {} }

local DAY_MS = 86400000
-- How long a day is kept: 93 days, so that three whole months can be compared.
local KEEP_DAY_MS = 93 * DAY_MS
-- How many pairs of pool and model a key may have in a day.
local MOST_OF_KEY = 64
-- How many records one command writes at most: unpack accepts about 8,000 values.
local RECORDS_AT_ONCE = 2000

-- Doubles hold whole numbers up to 2^53. The last one is 0: it makes the record longer than 64 bytes, and Redis then keeps
-- the day as a hash table. In the compact form, which Redis searches from its start, a hundred keys would cost twice as much.
local LAYOUT, RECORD_BYTES = "<ddddddddd", 72
local NO_USAGE = {}

-- Counts an attempt that was settled now. `lane` is the job's stored lane, false if it has no pool. `route` is that of its
-- model (R.route), or false: its account counts as the pool. `usage` may be nil.
function usage_days.count(job_id, lane, route, usage, ended)
  local key = lanes.key_of(job_id)
  if not key then return end
  usage = usage or NO_USAGE
  local pool = lane and usage_days.pools[lane] or ""
  if lane and pool == "" then
    pool = string.match(lane, "^[^|]*|[^|]*|([^|]*)") or ""
    usage_days.pools[lane] = pool
  end
  if route then pool = string.match(route, "^([^ |]+) .") or pool end
  local name = key .. "|" .. pool .. "|" .. (usage[F.usage_model] or "")
  local sum = usage_days.sums[name]
  if not sum then
    sum = { key = key, jobs = 0, attempts = 0, calls = 0, input = 0, cached = 0, output = 0, reasoning = 0, compute = 0 }
    usage_days.sums[name] = sum
    usage_days.order[#usage_days.order + 1] = name
  end
  if ended then sum.jobs = sum.jobs + 1 end
  sum.attempts = sum.attempts + 1
  sum.calls = sum.calls + (usage[F.usage_provider_calls] or 0)
  sum.input = sum.input + (usage[F.usage_input_tokens] or 0)
  sum.cached = sum.cached + (usage[F.usage_cached_input_tokens] or 0)
  sum.output = sum.output + (usage[F.usage_output_tokens] or 0)
  sum.reasoning = sum.reasoning + (usage[F.usage_reasoning_tokens] or 0)
  sum.compute = sum.compute + (usage[F.usage_compute_ms] or 0)
end

-- A stored record (false: none) with more added to it. A record that cannot be read counts as none.
local function add_record(record, more)
  if not record or #record ~= RECORD_BYTES then
    return struct.pack(LAYOUT, more.jobs, more.attempts, more.calls, more.input, more.cached, more.output, more.reasoning, more.compute, 0)
  end
  local jobs, attempts, calls, input, cached, output, reasoning, compute = struct.unpack(LAYOUT, record)
  return struct.pack(LAYOUT, jobs + more.jobs, attempts + more.attempts, calls + more.calls, input + more.input,
    cached + more.cached, output + more.output, reasoning + more.reasoning, compute + more.compute, 0)
end

-- Makes room for a record that the day does not have yet. Returns its name.
local function open_record(hash, name, key)
  local count = numbers.whole(rcall("HGET", hash, key)) or 0
  if count >= MOST_OF_KEY then return key .. "|*|*" end
  rcall("HSET", hash, key, count + 1)
  if count == 0 then rcall("PEXPIRE", hash, KEEP_DAY_MS) end
  return name
end

-- Writes what was counted. Scripts call it once, after their last attempt.
function usage_days.flush()
  local order = usage_days.order
  if #order == 0 then return end
  local hash = base .. "mr:usage:" .. string.format("%.0f", math.floor(now_ms / DAY_MS))
  for from = 1, #order, RECORDS_AT_ONCE do
    local to = math.min(from + RECORDS_AT_ONCE - 1, #order)
    local before, fields = rcall("HMGET", hash, unpack(order, from, to)), {}
    for i = from, to do
      local name = order[i]
      local sum, text = usage_days.sums[name], before[i - from + 1]
      local place = text and name or open_record(hash, name, sum.key)
      -- Several records of a call may share the one for all others, so that one is written at once.
      if place == name then
        fields[#fields + 1], fields[#fields + 2] = name, add_record(text, sum)
      else
        rcall("HSET", hash, place, add_record(rcall("HGET", hash, place), sum))
      end
    end
    if #fields > 0 then rcall("HSET", hash, unpack(fields)) end
  end
end
