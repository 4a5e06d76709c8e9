-- lease: promote what is due, empty the inbox, and take jobs in fair order, each with a lease.
-- KEYS     base
-- ARGV     now_ms, max_events, count, lease_ms, worker_ids, all_pools, keep_failed_ms, default_tokens, types, alone, except, closed; per pool: pool
-- RETURNS  {"OK", next_due_ms | "", {per job that it expired: job_id, identity (see ends)}, {per account whose slice was too small:
--          pool, jobs, least_tokens, of_models}, {per kind of constraint that held a lane: kind, lanes}, suspects_wait, other_ends (see ends.report), pause | "" (F.meta_pause), {accounts
--          for which jobs of models wait}, {per key whose portion was too small: key, needs (see lib/portions)}, {the names of a
--          lease's fields}, per lease: the fields}
-- REPEAT   safe, but not idempotent: the leases of a lost reply expire and are reaped
-- TOUCHES  meta (hash), active (list), mr:leases (zset), mr:ready: (zset)
--
-- worker_ids has one worker on each line. They take turns: the first job is for the first worker.
-- types has one type on each line: the types that the workers execute. If it is empty, they execute any type.
-- alone is 1 for workers that run nothing. Each may have one suspect, and no other job. With 0, no suspect is
-- leased. suspects_wait is 1 if suspects of these types and pools could be leased to workers that run nothing.
-- except has one key on each line. Their jobs are skipped.
-- closed has one account on each line that did not grant this shard what it asked for. Jobs of models take other routes (see
-- lib/route_choice). of_models is 1 if jobs of models wait for the slice.
-- next_due_ms is the time at which the next scheduled job is due or the next held lane is to be checked.
-- default_tokens is the estimate for an attempt if the job declares none and nothing was learned.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local count = numbers.given(ARGV[3], "count")
local lease_ms = numbers.given(ARGV[4], "lease_ms")
local worker_ids = ARGV[5]
local all_pools = ARGV[6] == "1"
local keep_failed_ms = numbers.given(ARGV[7], "keep_failed_ms")
local default_tokens = numbers.given(ARGV[8], "default_tokens")
local types = ARGV[9]
local alone = ARGV[10] == "1"
local except = ARGV[11]
local closed = ARGV[12]
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "lanes/lib/named_families"
--- @include "lanes/lib/lane_turns"
--- @include "lanes/lib/lane_aside"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "jobs/lib/delayed"
--- @include "budgets/lib/budgets"
--- @include "budgets/lib/key_holds"
--- @include "accounts/lib/slices"
--- @include "accounts/lib/reservations"
--- @include "models/lib/routes"
--- @include "leases/lib/route_choice"
--- @include "leases/lib/lateness"
--- @include "lanes/lib/pace"
--- @include "redis/lib/streams"
--- @include "leases/lib/earlier_attempts"

-- A lease ends only jobs that have come too late. To create the functions of `ends` each time would take a quarter of the time of
-- a lease that finds no job.
local late
local function ends_of_late()
  if late then return late end
--- @include "jobs/lib/ends"
  late = ends
  return late
end

local workers = {}
for worker_id in string.gmatch(worker_ids, "[^\n]+") do workers[#workers + 1] = worker_id end
local pools, pool_names = {}, {}
for at = 12, #ARGV - 1 do
  local pool = ARGV[at + 1]
  pools[pool] = true
  pool_names[#pool_names + 1] = pool
end
route_choice.begin(function(account) return all_pools or pools[account] == true end, closed)
local serves_type, type_list = {}, {}
for type in string.gmatch(types, "[^\n]+") do
  serves_type[type] = true
  type_list[#type_list + 1] = type
end
local any_type = #type_list == 0

local function load_sorting()
  if lanes.sort then return end
--- @include "lanes/lib/lane_sorting"
end

local serves_family, family_list = {}, nil
if not any_type then
  family_list = lanes.families_of(type_list, types)
  if not family_list then
    load_sorting()
    family_list = lanes.name_types(type_list, types)
  end
  for _, family in ipairs(family_list) do serves_family[family] = true end
end

-- The most that one call moves. The next call or the promoter moves the rest.
local PROMOTE, INBOX, RELEASE = 200, 1000, 1000

local expires_text = string.format("%.0f", now_ms + lease_ms)
local active = later.list("LPUSH", base .. "active")
local leases = later.list("ZADD", base .. "mr:leases")

local _, next_due_ms = delayed.promote(now_ms, PROMOTE)
lanes.inbox(INBOX)
lanes.release_due(now_ms, RELEASE)
local unsorted = false
if lanes.may_sort then
  load_sorting()
  unsorted = lanes.sort()
end

local meta = rcall("HMGET", base .. "meta", F.meta_paused, F.meta_concurrency, F.meta_pause)
if meta[1] then count = 0 end
if meta[2] then count = math.min(count, (numbers.whole(meta[2]) or math.huge) - rcall("LLEN", base .. "active")) end

local expired, wants, holds = {}, {}, {}
-- The fields of a lease, in this order.
local LEASE = { "id", "token", F.payload, F.spec, F.attempts_spent, F.held_by, F.next_offset, F.stalls, F.usage, F.failure,
  F.due_ms, F.bounces, F.child_groups, F.checkpoint, F.last_end, F.use_holds, F.route }
local waits_for = {}
-- What the portions of keys could not give; and for each of these keys its place in the list. A call asks for at most 32 keys,
-- because each takes some calls of scripts.
local key_wants = { list = {}, place = {}, most = 32 }
local reply, n = { "OK", "", expired, wants, holds, 0, false, meta[3] or "", waits_for, key_wants.list, LEASE }, 11
local leased, leased_of = 0, {}

-- Plain BullMQ jobs (band 0) are left to BullMQ's workers.
local wanted = { except = {}, excepted = 0 }
for key in string.gmatch(except, "[^\n]+") do
  if not wanted.except[key] then wanted.excepted = wanted.excepted + 1 end
  wanted.except[key] = true
end
local suspects_wait = false
function wanted.serves(band, pool, kind, suspects)
  if key_wants.ends_call then return false end
  local serves_kind = suspects and serves_type or serves_family
  local served, list = band ~= "0" and (any_type or serves_kind[kind or ""] == true), routes.of(pool)
  if served and list then served = route_choice.serves(pool) end
  if not list then served = served and (all_pools or pool == "" or pools[pool] == true) and not slices.wants[pool] end
  if served and suspects and not alone then suspects_wait = true end
  return served and suspects == alone
end

function wanted.classes()
  if all_pools or any_type then return nil end
  local suffixes, classes = {}, {}
  for _, family in ipairs(family_list) do suffixes[#suffixes + 1] = "|" .. family end
  for _, type in ipairs(type_list) do suffixes[#suffixes + 1] = "|" .. type .. "|!" end
  route_choice.expect_aside()
  for _, band in ipairs({ "1|", "2|", "3|" }) do
    for _, suffix in ipairs(suffixes) do
      classes[#classes + 1] = band .. suffix
      for _, pool in ipairs(pool_names) do classes[#classes + 1] = band .. pool .. suffix end
      if route_choice.serves(routes.SHARED) then classes[#classes + 1] = band .. routes.SHARED .. suffix end
      for _, pool in ipairs(routes.pools()) do
        if route_choice.serves(pool) then classes[#classes + 1] = band .. pool .. suffix end
      end
    end
  end
  return classes
end

-- The limits of the lane's key, and the tokens that its attempts usually take; each is nil if there is none. One read
-- serves all lanes of a class in a call.
local function limits_and_learned(lane)
  local queue, key = lane.queue, lane.key
  if not queue.limits then
    local keys = {}
    for i, other in ipairs(queue) do keys[i] = other.key end
    local limits, learned = budgets.limits_of(keys)
    queue.limits, queue.learned = {}, {}
    for i = 1, math.max(#limits, #learned) do
      if limits[i] then queue.limits[keys[i]] = key_limits.read(limits[i]) end
      if learned[i] then queue.learned[keys[i]] = numbers.whole(learned[i]) end
    end
  end
  return queue.limits[key], queue.learned[key]
end

local function look(job_id, lane, line)
  local job_key = base .. job_id
  local fields = rcall("HMGET", job_key, F.payload, F.spec, F.attempts_started, F.latest_start_ms, F.deadline_ms, F.estimated_tokens, F.held_by, F.failed_accounts, F.lane)
  -- The job was removed by a program that does not know lanes.
  if not fields[1] then return nil end
  if fields[4] or fields[5] then
    local reason, message = lateness.reason(job_id, fields[5], fields[4], fields[3])
    if reason then
      local ends = ends_of_late()
      ends.give_up(job_id, "waiting", "EXPIRED", reason, message)
      local m = #expired
      expired[m + 1], expired[m + 2], expired[m + 3] = job_id, ends.identity(job_id)
      return nil
    end
  end
  local list = routes.of(lane.queue.pool) and (route_choice.routes_of(job_id, lane, line, fields[9], fields[8]) or "aside")
  if list == "aside" then return nil end
  local limits, learned = limits_and_learned(lane)
  local est = numbers.whole(fields[6])
  local tokens, usual, held_tokens = budgets.expected(est, learned, default_tokens, limits)
  local slice = not list and slices.for_pool(lane.queue.pool)
  if slice then tokens = slices.capped(slice, lane.key, tokens, usual) end
  -- The estimate is stored with the job if there is something to correct by it later.
  -- Lua doubles a table at the 17th field, so what only `start` needs is left in the list.
  return { id = job_id, fields = fields, limits = limits, held = fields[7], known = est or learned or limits, tokens = tokens, held_tokens = held_tokens, cost = tokens / budgets.UNIT_TOKENS,
    key = lane.key, class = lane.queue.class, pool = lane.queue.pool, weight = limits and limits.weight, slice = slice,
    routes = list, usual = usual }
end

-- Records and counts a constraint that the job had to wait for, once for each job and kind: a lane is checked again for
-- several reasons, although nothing has happened to the job.
local held_lanes = {}
local function note_hold(job, kind)
  if job.held and string.find("," .. job.held .. ",", "," .. kind .. ",", 1, true) then return end
  held_lanes[kind] = (held_lanes[kind] or 0) + 1
  rcall("HSET", base .. job.id, F.held_by, job.held and job.held .. "," .. kind or kind)
end

-- Notes what a job needs whose key's portions are too small. If the home has not refused it before, the call takes no more jobs:
-- the next call, with what the home gives, takes this one in its turn.
function key_wants.note(job, use)
  if use.part.ask_ms == 0 then key_wants.ends_call = true end
  local list, at = key_wants.list, key_wants.place[job.key]
  if not at then
    if #list >= 2 * key_wants.most then return end
    at = #list + 1
    key_wants.place[job.key], list[at], list[at + 1] = at, job.key, 0
  end
  list[at + 1] = math.max(list[at + 1], job.held_tokens)
end

-- Checks everything that a job needs before it takes any of it: a job that waits holds nothing.
local function gate(job)
  if job.limits then
    local use = budgets.use_of(job.key)
    local when, kind, asks = budgets.constraint(job.limits, use, job.held_tokens, job.pool)
    if when then
      if asks then key_wants.note(job, use) end
      -- A lane that only waits for the first answer of its key's home is not held by a limit.
      if not asks or use.part.ask_ms > 0 then
        note_hold(job, kind)
        key_holds.begin(use, job.class, kind)
      end
      return when
    end
    key_holds.over(use, job.class)
  end
  if key_wants.ends_call then return "shut" end
  if job.routes then return route_choice.choose(job) end
  if job.slice and slices.is_short(job.slice, job.tokens) then return "shut" end
end

local function start(job, finish)
  local job_id, spec, started = job.id, job.fields[2], job.fields[3]
  local job_key = base .. job_id
  if not spec then
    -- BullMQ itself added the job, under an id of Millrace's form.
    local plain = rcall("HMGET", job_key, F.type, F.bull_options, F.priority, F.submitted_ms)
    spec = cjson.encode({ [F.spec_type] = plain[1], [F.spec_priority] = numbers.whole(plain[3]) or 0, [F.spec_submitted_ms] = numbers.whole(plain[4]) or now_ms,
      [F.spec_max_attempts] = numbers.whole(json.read(plain[2]).attempts) or 1 })
  end
  local token = "1"
  reply[n + 1], reply[n + 3], reply[n + 4], reply[n + 5], reply[n + 6] = job_id, job.fields[1], spec, 0, job.held
  for i = 7, #LEASE do reply[n + i] = false end
  if job.held then rcall("HDEL", job_key, F.held_by) end
  if started then
    token = string.format("%.0f", (numbers.whole(started) or 0) + 1)
    reply[n + 5], reply[n + 7], reply[n + 8], reply[n + 9], reply[n + 10], reply[n + 11], reply[n + 12],
      reply[n + 13], reply[n + 14], reply[n + 15] = earlier(job_id)
  end
  if job.limits then reply[n + 16] = key_holds.of(budgets.use_of(job.key), job.class) end
  local route = job.route and job.route.text
  if route then reply[n + 17] = route end
  reply[n + 2] = token
  n = n + #LEASE
  local worker_id = workers[leased % #workers + 1]
  leased = leased + 1
  leased_of[job.class] = (leased_of[job.class] or 0) + 1
  if job.slice and route then
    rcall("HSET", job_key, F.attempts_started, token, F.started_ms, now_text, F.worker_id, worker_id, F.route, route,
      F.key_reservation, budgets.reserve(job, finish), F.account_reservation, slices.reserve(job.slice, job.tokens, job.key))
  elseif job.slice then
    rcall("HSET", job_key, F.attempts_started, token, F.started_ms, now_text, F.worker_id, worker_id,
      F.key_reservation, budgets.reserve(job, finish), F.account_reservation, slices.reserve(job.slice, job.tokens, job.key))
  elseif job.known then
    rcall("HSET", job_key, F.attempts_started, token, F.started_ms, now_text, F.worker_id, worker_id,
      F.key_reservation, budgets.reserve(job, finish))
  else
    rcall("HSET", job_key, F.attempts_started, token, F.started_ms, now_text, F.worker_id, worker_id)
  end
  if route and not job.slice then rcall("HSET", job_key, F.route, route) end
  rcall("SET", job_key .. ":lock", token, "PX", lease_ms)
  events.add("active", job_id, "prev", "waiting")
  active[#active + 1] = job_id
  local m = #leases
  leases[m + 1], leases[m + 2] = expires_text, job_id
  signals.add("s RUNNING", job_id)
end

if count > 0 then
  local taken, served = lanes.take(count, wanted, look, gate, start)
  local left = count - taken
  if alone and left == 0 then
    for class in pairs(served) do
      suspects_wait = suspects_wait or rcall("EXISTS", base .. "mr:ready:" .. class) == 1
    end
  end
  if suspects_wait then reply[6] = 1 end
  pace.note(leased_of)
  for kind, lanes_held in pairs(held_lanes) do
    holds[#holds + 1] = kind
    holds[#holds + 1] = lanes_held
  end
  for pool, least_tokens in pairs(slices.wants) do
    local m = #wants
    local jobs, of_models = route_choice.waiting(pool, left, served)
    wants[m + 1], wants[m + 2], wants[m + 3], wants[m + 4] = pool, jobs, least_tokens, of_models
  end
  for at = 2, #key_wants.list, 2 do
    local tokens = key_wants.list[at]
    key_wants.list[at] = portions.text_of({ requests = 1, tokens = tokens, day = tokens, running = 1 })
  end
  for account in pairs(route_choice.waits_for) do waits_for[#waits_for + 1] = account end
end
local held_until_ms = lanes.release_due(-1, 0)
reply[2] = math.min(next_due_ms or math.huge, held_until_ms or math.huge, (unsorted or route_choice.cut_short) and now_ms or math.huge)
reply[2] = reply[2] < math.huge and string.format("%.0f", reply[2]) or ""
if late then late.flush() end
lanes.flush()
later.flush()
stored.flush()
budgets.flush()
slices.flush()
events.flush()
signals.publish()
reply[7] = late and late.report() or { {}, {} }
return reply
