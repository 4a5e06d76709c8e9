-- submit: store new jobs, each in its lane, or in delayed if it starts later.
-- KEYS     base
-- ARGV     now_ms, max_events, depth_limit, keep_failed_ms, top_priority, bytes_limit, origin; per group: key, lane, type, opts, priority, job_count, and so many
--          times id, payload, spec, submitted_ms, more
-- RETURNS  per job "ACCEPTED" | {"EXISTING", job_id, state} | {"CONFLICT", job_id} | {"DEPTH_FULL", depth, limit} |
--          {"PRIORITY_NOT_ALLOWED", priority, limit} | {"STORED_BYTES_FULL", stored, bytes, limit} | {"INVALID", argument} |
--          {"PAST", time} | {"GROUP_UNKNOWN"} | {"GROUP_CLOSED"} | {"GROUP_FULL", limit} |
--          {"RUN_MOVED"} | {"RUN_SKIPPED"} | {"RUN_BUFFERED"} | {"RUN_WAITS"}
-- REPEAT   safe: an id that exists is EXISTING
-- TOUCHES  waiting-children (zset), meta (hash), marker (zset), mr:index: (zset), mr:idem: (string), mr:dedup: (string), mr:expiry (zset)
--
-- origin is the name of the engine that submits, or "". The signal of work bears it, so that this engine, which asks for jobs
-- right after the call, need not ask once more.
-- The jobs of a group wait in one lane and share the group's arguments. `more` is "", or JSON of options that few jobs
-- have: run_at_ms, expires_at_ms, deadline_ms, idempotency ("window_ms:key"), content_hash, former_hash (the hash that
-- an earlier version made of the same content), keep_ms, est (tokens), dedup ({key, mode, ms}), group (the group that it joins),
-- group_index (its place there, if it is known), finalizes (the group for which it waits), in_time (refuse the job if its
-- latest start or its deadline has passed; a job that exists already is still found), run (of a schedule: id, revision,
-- kind, from_ms, due_ms, missed, next_due_ms, look_ms; see jobs/schedule-run.ts), callback ("end" or "result"). Among the jobs of a
-- key that share a deduplication key, time decides. Throttling: the first job counts for dedup.ms. Debouncing: the
-- last job runs dedup.ms after it arrived, and replaces an earlier one that still waits for its first start.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local max_events = numbers.given(ARGV[2], "max_events")
local depth_limit = numbers.given(ARGV[3], "depth_limit")
local keep_failed_ms = numbers.given(ARGV[4], "keep_failed_ms")
local top_priority = numbers.given(ARGV[5], "top_priority")
local bytes_limit = ARGV[6]
local origin = ARGV[7]
local now_text = ARGV[1]
local keep_succeeded_ms = 0
--- @include "lanes/lib/lanes"
--- @include "lanes/lib/lane_reads"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "jobs/lib/delayed"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/waiting"
--- @include "redis/lib/later"
--- @include "jobs/lib/schedules"
--- @include "jobs/lib/more"

-- Few jobs join a group or replace another job. To create these functions each time would take a third of the time of a call.
local late
local function ends_and_groups()
  if late then return late end
--- @include "jobs/lib/ends"
  late = { ends = ends, groups = groups }
  return late
end

local replies = {}
local queued = false

local function same_idempotency(idem, content_hash, former_hash)
  local hash, state, job_id = string.match(rcall("GET", idem) or "", "^(%S*) (%S+) (%S+)$")
  if not job_id then return nil end
  if state == "-" then
    state = jobs.state(job_id)
    -- The job was removed before it ended, by a program that does not know idempotency keys.
    if not state then return nil end
  end
  if hash ~= content_hash and hash ~= former_hash then return { "CONFLICT", job_id } end
  return { "EXISTING", job_id, state }
end

-- Redis's own expiry only cleans up, so it comes this much later. The script decides by now_ms.
local DEDUP_SLACK_MS = 60000

-- The reply for a job that another job replaces; nil if this job is to be stored.
local function deduplicate(name, id, more)
  local dedup = more.dedup
  local until_ms, job_id = string.match(rcall("GET", name) or "", "^(%d+) (%S+)$")
  local state = job_id and jobs.state(job_id)
  if state and dedup.mode == "throttle" and tonumber(until_ms) > now_ms then return { "EXISTING", job_id, state } end
  if dedup.mode == "debounce" then
    if (state == "SCHEDULED" or state == "QUEUED") and rcall("HEXISTS", base .. job_id, F.attempts_started) == 0 then
      waiting.take_out(job_id)
      ends_and_groups().ends.give_up(job_id, state == "QUEUED" and "waiting" or "delayed", "CANCELLED", "REPLACED", "replaced by the later job " .. id .. ", which has its deduplication key")
    end
    more.run_at_ms = math.max(more.run_at_ms or 0, now_ms + dedup.ms)
  end
  rcall("SET", name, string.format("%.0f %s", now_ms + dedup.ms, id), "PX", dedup.ms + DEDUP_SLACK_MS)
end

local function add_field(fields, name, value)
  if not value then return end
  local n = #fields
  fields[n + 1], fields[n + 2] = name, value
end

-- The fields that few jobs have, as names and values for HSET.
local function rare_fields(more, lane, idem, delay_ms, child_of)
  local fields = {}
  add_field(fields, F.lane, lane)
  add_field(fields, F.delay_ms, delay_ms)
  if more then
    add_field(fields, F.latest_start_ms, more.expires_at_ms)
    add_field(fields, F.deadline_ms, more.deadline_ms)
    add_field(fields, F.keep_ms, more.keep_ms)
    add_field(fields, F.callback, more.callback)
    add_field(fields, F.estimated_tokens, more.est)
    add_field(fields, F.idempotency, idem and more.idempotency)
    add_field(fields, F.child_groups, more.finalizes)
    add_field(fields, F.group, child_of)
  end
  return fields
end

local NONE = {}

-- The group of this key that children in this call join. Most calls have children of one group.
local joins, joins_key, joins_id
local function group_to_join(key, id)
  if id ~= joins_id or key ~= joins_key then
    joins_id, joins_key = id, key
    joins = lanes.key_of(id) == key and ends_and_groups().groups.get(id)
  end
  return joins
end

-- The reply for a child that may not join its group, or is in it; nil if it may join. The group is the second value.
local function refused_by_group(key, more)
  local group, groups = group_to_join(key, more.group), ends_and_groups().groups
  if not group then return { "GROUP_UNKNOWN" } end
  local index = more.group_index
  if index and index ~= group.total + 1 then
    local mark, job_id = groups.child(group, index)
    if mark then return { "EXISTING", job_id, jobs.state(job_id) or mark } end
    return { "INVALID", "group_index" }
  end
  if group.state ~= "OPEN" then return { "GROUP_CLOSED" } end
  if group.total >= groups.MOST then return { "GROUP_FULL", groups.MOST } end
  return nil, group
end

-- The reply for a finalizer whose group is gone or has finished; nil if it may be stored.
local function refused_finalizer(key, more)
  local groups = ends_and_groups().groups
  local group = lanes.key_of(more.finalizes) == key and groups.get(more.finalizes)
  if not group then return { "GROUP_UNKNOWN" } end
  if groups.FINAL[group.state] then return { "GROUP_CLOSED" } end
end

-- Stores a job where it waits.
local function place(id, more, lane, rank, run_at_ms)
  if more and more.finalizes then
    local groups = ends_and_groups().groups
    groups.set_waited(groups.get(more.finalizes))
    rcall("ZADD", base .. "waiting-children", now_text, id)
    stored.defer(id, 1)
    events.add("waiting-children", id)
  elseif run_at_ms then
    delayed.add(id, run_at_ms)
  else
    lanes.put(lane, id, rank, false)
    queued = true
    events.add("waiting", id)
  end
end

-- The reply for a job that could only expire; nil if it may be stored.
local function refused_as_late(more)
  for _, name in ipairs({ "expires_at_ms", "deadline_ms" }) do
    if more[name] and more[name] < now_ms then return { "PAST", name } end
  end
end

local function store_more(id, more, idem)
  local expires_ms, deadline_ms = more.expires_at_ms, more.deadline_ms
  if expires_ms or deadline_ms then
    rcall("ZADD", base .. "mr:expiry", math.min(expires_ms or math.huge, deadline_ms or math.huge), id)
  end
  if idem then rcall("SET", idem, (more.content_hash or "") .. " - " .. id) end
end

-- One command checks whether any of the jobs exists already, because usually none does. The loop also checks the
-- arguments that later code relies on.
local function any_exists()
  local keys, seen, at = {}, {}, 7
  while at < #ARGV do
    local job_count = numbers.given(ARGV[at + 6], "job_count")
    if job_count < 1 or at + 6 + 5 * job_count > #ARGV then error("job_count must be the number of jobs that follow") end
    for i = at + 7, at + 2 + 5 * job_count, 5 do
      local id = ARGV[i]
      if seen[id] then return true end
      seen[id] = true
      keys[#keys + 1] = base .. id
    end
    at = at + 6 + 5 * job_count
  end
  return rcall("EXISTS", unpack(keys)) > 0
end
local may_exist = any_exists()

local most_jobs = #ARGV / 5
--- @include "jobs/lib/admission"

-- The name of a job's malformed argument, or nil.
local function malformed(lane, rank, id, key, submitted_ms, more_text, more)
  if not string.find(lane, "^[a-z0-9]+|[123]|") then return "lane" end
  if not rank then return "priority" end
  if lanes.key_of(id) ~= key then return "id" end
  if not numbers.whole(submitted_ms) then return "submitted_ms" end
  if more_text ~= "" and not more then return "more" end
end

local function submit_group(at)
  local key = ARGV[at + 1]
  local lane = ARGV[at + 2]
  local type = ARGV[at + 3]
  local opts = ARGV[at + 4]
  local priority = ARGV[at + 5]
  local job_count = numbers.whole(ARGV[at + 6])
  at = at + 6

  local pooled = string.sub(lane, -1) ~= "|"
  local waits_in = lanes.for_type(lane, type)
  local index, rank = {}, numbers.whole(priority)
  local known, fixed_bytes, group_bytes = admission.for_key(key), #type + #opts + stored.OVERHEAD, 0
  for _ = 1, job_count do
    local id = ARGV[at + 1]
    local payload = ARGV[at + 2]
    local spec = ARGV[at + 3]
    local submitted_ms = ARGV[at + 4]
    local more = ARGV[at + 5]
    at = at + 5

    local job_key = base .. id
    local reply, idem, more_text = "ACCEPTED", nil, more
    more = more ~= "" and rare_options.read(more) or nil
    local argument = malformed(lane, rank, id, key, submitted_ms, more_text, more)
    if argument then reply = { "INVALID", argument } end
    if may_exist and reply == "ACCEPTED" then
      local state = jobs.state(id)
      if state then reply = { "EXISTING", id, state } end
    end
    if more and more.idempotency then
      idem = base .. "mr:idem:" .. key .. ":" .. more.idempotency_key
      if reply == "ACCEPTED" then reply = same_idempotency(idem, more.content_hash or "", more.former_hash) or reply end
    end
    if more and more.in_time and reply == "ACCEPTED" then reply = refused_as_late(more) or reply end
    local bytes = fixed_bytes + #payload + #spec
    local group
    if more and more.group and reply == "ACCEPTED" then
      local refusal
      refusal, group = refused_by_group(key, more)
      reply = refusal or reply
    end
    if more and more.finalizes and reply == "ACCEPTED" then reply = refused_finalizer(key, more) or reply end
    local schedule
    if more and more.run and reply == "ACCEPTED" then
      local refusal
      refusal, schedule = schedules.refusal(id, more.run)
      reply = refusal or reply
    end
    if reply == "ACCEPTED" then reply = admission.refusal(known, rank, bytes) or reply end
    if more and more.dedup and reply == "ACCEPTED" then
      reply = deduplicate(base .. "mr:dedup:" .. key .. ":" .. more.dedup.key, id, more) or reply
    end
    replies[#replies + 1] = reply
    if reply == "ACCEPTED" then
      local run_at_ms = more and more.run_at_ms
      if run_at_ms and run_at_ms <= now_ms then run_at_ms = nil end
      local ulid, child_of = string.sub(id, -26), nil
      if group then
        local place_in_group, held = ends_and_groups().groups.join(group, ulid)
        child_of = place_in_group .. " " .. more.group
        if held then run_at_ms = due.NEVER_MS end
      end
      local has_rare = pooled or run_at_ms or more and not more.only_group
      if child_of and not has_rare then
        rcall("HSET", job_key, F.type, type, F.payload, payload, F.bull_options, opts, F.submitted_ms, submitted_ms,
          F.priority, priority, F.spec, spec, F.job_bytes, stored.text(bytes), F.group, child_of)
      else
        local rare = has_rare and rare_fields(more, pooled and lane, idem, run_at_ms and run_at_ms - now_ms, child_of) or NONE
        rcall("HSET", job_key, F.type, type, F.payload, payload, F.bull_options, opts, F.submitted_ms, submitted_ms,
          F.priority, priority, F.spec, spec, F.job_bytes, stored.text(bytes), unpack(rare))
      end
      group_bytes = group_bytes + bytes
      admission.count_job(known, bytes)
      local n = #index
      index[n + 1], index[n + 2] = "0", ulid
      events.add("added", id, "name", type)
      if has_rare and more then store_more(id, more, idem) end
      if schedule then schedules.made(schedule, more.run, id) end
      place(id, more, waits_in, rank, run_at_ms)
    end
  end
  stored.add_to_key(key, group_bytes)
  if #index > 0 then rcall("ZADD", base .. "mr:index:" .. key, unpack(index)) end
  return at
end

local at = 7
while at < #ARGV do at = submit_group(at) end
if late then late.ends.flush() end
lanes.flush()
later.flush()
stored.flush()
if queued then
  signals.work()
  if rcall("HEXISTS", base .. "meta", F.meta_paused) == 0 then rcall("ZADD", base .. "marker", 0, "0") end
end
events.flush()
signals.publish(origin)
return replies
