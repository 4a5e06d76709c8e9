-- submit: store new jobs, each in its lane, or in delayed if it starts later.
-- KEYS     base
-- ARGV     now_ms, max_events, depth_limit; per job: id, type, payload, opts, spec, priority, pool,
--          submitted_ms, run_at_ms, expires_at_ms, deadline_ms, idempotency, content_hash, keep_ms
-- RETURNS  per job {"ACCEPTED"} | {"EXISTING", job_id, state} | {"CONFLICT", job_id} | {"DEPTH_FULL", depth}
-- REPEAT   safe: an id that is there is EXISTING
-- TOUCHES  meta (hash), marker (zset), events (stream), mr:index: (zset), mr:idem: (string),
--          mr:expiry (zset), mr:depth (hash)
--
-- What is not set is the empty string. idempotency is "window_ms:key".
local base = KEYS[1]
local rcall = redis.call
--- @include "lib/lanes"
--- @include "lib/signals"
--- @include "lib/delayed"
--- @include "lib/jobs"

local now_ms = tonumber(ARGV[1])
local max_events = ARGV[2]
local depth_limit = tonumber(ARGV[3])
local events = base .. "events"
local depths = {}
local queued = false

local function existing(idem, content_hash)
  local hash, state, job_id = string.match(rcall("GET", idem) or "", "^(%S*) (%S+) (%S+)$")
  if not job_id then return nil end
  if state == "-" then
    state = jobs.state(job_id)
    -- Removed before it ended, by something that knows nothing of idempotency keys.
    if not state then return nil end
  end
  if hash ~= content_hash then return { "CONFLICT", job_id } end
  return { "EXISTING", job_id, state }
end

local function submit(at)
  local id = ARGV[at + 1]
  local type = ARGV[at + 2]
  local payload = ARGV[at + 3]
  local opts = ARGV[at + 4]
  local spec = ARGV[at + 5]
  local priority = ARGV[at + 6]
  local pool = ARGV[at + 7]
  local submitted_ms = ARGV[at + 8]
  local run_at_ms = tonumber(ARGV[at + 9])
  local expires_at_ms = ARGV[at + 10]
  local deadline_ms = ARGV[at + 11]
  local idempotency = ARGV[at + 12]
  local content_hash = ARGV[at + 13]
  local keep_ms = ARGV[at + 14]

  local job_key = base .. id
  if rcall("EXISTS", job_key) == 1 then return { "EXISTING", id, jobs.state(id) or "QUEUED" } end
  local key, ulid = string.match(id, "^[^~]+~([^~]+)~(%w+)$")
  local idem
  if idempotency ~= "" then
    idem = base .. "mr:idem:" .. key .. ":" .. string.match(idempotency, "^%d+:(.*)$")
    local found = existing(idem, content_hash)
    if found then return found end
  end
  local depth = depths[key] or tonumber(rcall("HGET", base .. "mr:depth", key) or 0)
  depths[key] = depth
  if depth >= depth_limit then return { "DEPTH_FULL", depth } end

  local later = run_at_ms and run_at_ms > now_ms
  local lane = lanes.id(id, tonumber(priority), pool)
  local more = {}
  local function set(field, value)
    if value ~= "" then
      more[#more + 1] = field
      more[#more + 1] = value
    end
  end
  set("exp", expires_at_ms)
  set("dl", deadline_ms)
  set("ik", idempotency)
  set("keep", keep_ms)
  rcall("HSET", job_key, "name", type, "data", payload, "opts", opts, "timestamp", submitted_ms,
    "delay", later and string.format("%.0f", run_at_ms - now_ms) or "0", "priority", priority,
    "lane", lane, "spec", spec, unpack(more))
  rcall("ZADD", base .. "mr:index:" .. key, 0, ulid)
  if idem then rcall("SET", idem, content_hash .. " - " .. id) end
  local ends = math.min(tonumber(expires_at_ms) or math.huge, tonumber(deadline_ms) or math.huge)
  if ends < math.huge then rcall("ZADD", base .. "mr:expiry", string.format("%.0f", ends), id) end
  rcall("XADD", events, "MAXLEN", "~", max_events, "*", "event", "added", "jobId", id, "name", type)
  if later then
    delayed.add(id, run_at_ms, max_events)
  else
    lanes.put(lane, id, tonumber(priority), false)
    depths[key] = depth + 1
    queued = true
    rcall("XADD", events, "MAXLEN", "~", max_events, "*", "event", "waiting", "jobId", id)
  end
  return { "ACCEPTED" }
end

local replies = {}
for at = 3, #ARGV - 1, 14 do replies[#replies + 1] = submit(at) end
if queued then
  signals.work()
  if rcall("HEXISTS", base .. "meta", "paused") == 0 then rcall("ZADD", base .. "marker", 0, "0") end
end
lanes.flush()
signals.publish()
return replies
