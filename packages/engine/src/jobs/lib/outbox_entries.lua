-- outbox_entries: writes the entries of the outbox, which lib/outbox describes.
--
-- Needs `base`, `rcall`, `now_text`, `lanes` and `stored`. Scripts call stored.flush afterwards.
-- TOUCHES  mr:outbox (stream), mr:outbox-news (channel), mr:subscribers (hash), mr:group: (hash)
local outbox_entries = { added = 0 }

-- The longest result that an entry has: no event is larger.
local RESULT_BYTES = 20000
-- The key under which operators subscribe to dead letters.
local OPERATORS = "operator"
local EVENTS = { SUCCEEDED = "succeeded", FAILED = "failed", CANCELLED = "cancelled", EXPIRED = "expired" }

-- Whether a key's subscriptions (false: none) contain a word.
local function contains(subscriptions, word)
  return subscriptions and string.find(" " .. subscriptions .. " ", " " .. word .. " ", 1, true) ~= nil
end

-- Whether they contain a type of event, or all types of its subject, or all types.
local function subscribes(subscriptions, subject, event)
  return contains(subscriptions, event) or contains(subscriptions, "*") or contains(subscriptions, subject .. ".*")
end

-- The subscriptions of the keys of jobs and groups, and of operators, by key.
local function read_subscriptions(ends, finished)
  local keys, seen = { OPERATORS }, {}
  local function want(id)
    local key = lanes.key_of(id)
    if key and not seen[key] then
      seen[key] = true
      keys[#keys + 1] = key
    end
  end
  for at = 1, #ends, 6 do want(ends[at]) end
  for _, group in ipairs(finished) do want(group.id) end
  local by_key = {}
  for i, text in ipairs(rcall("HMGET", base .. "mr:subscribers", unpack(keys))) do by_key[keys[i]] = text end
  return by_key
end

-- The bytes that an entry takes in Redis in addition to what varies most: what was submitted, and a result or failure.
local ENTRY_OVERHEAD = 256

-- varies is the length of the values that may be long.
local function append(key, event, subject_id, token, varies, ...)
  outbox_entries.added = outbox_entries.added + 1
  local bytes = ENTRY_OVERHEAD + varies
  stored.add_to_key(key, bytes)
  rcall("XADD", base .. "mr:outbox", "*", F.outbox_key, key, F.outbox_event, event, F.outbox_subject, subject_id,
    F.outbox_token, token, F.outbox_bytes, bytes, ...)
end

-- Records the end of a job. `known` has the type, spec, group and time of the end of a job that another program ended; such
-- a job is no dead letter.
function outbox_entries.add_job(by_key, job_id, state, token, spent, body, callback, known)
  local key = lanes.key_of(job_id)
  if not key or not EVENTS[state] then return end
  local subscriptions, event = by_key[key], "job." .. EVENTS[state]
  local wanted = callback or subscribes(subscriptions, "job", event)
  local is_dead = state == "FAILED" and not known and subscribes(by_key[OPERATORS], "job", "job.dead_lettered")
  if not wanted and not is_dead then return end
  local job = known or rcall("HMGET", base .. job_id, F.type, F.spec, F.group, F.finished_ms)
  local asked = contains(subscriptions, "+result") or callback == "result"
  if state == "SUCCEEDED" and (not asked or #body > RESULT_BYTES) then body = "" end
  local group = string.match(job[3] or "", "^%d+ (%S+)$") or ""
  local function add(owner, type)
    append(owner, type, job_id, token, #(job[2] or "") + #body, F.outbox_ended_ms, job[4] or "0", F.outbox_attempts, spent, F.outbox_type, job[1] or "",
      F.outbox_spec, job[2] or "", F.outbox_body, body, F.outbox_group, group, F.outbox_callback, callback and "1" or "")
  end
  if wanted then add(key, event) end
  if is_dead then add(OPERATORS, "job.dead_lettered") end
end

local COUNTS = { "total", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "REMOVED" }

local function add_group(by_key, group)
  local key, event = lanes.key_of(group.id), "group." .. (EVENTS[group.state] or "")
  local fields = rcall("HMGET", base .. "mr:group:" .. group.id, F.group_callback, F.group_details)
  local callback = fields[1] and fields[1] ~= "" and fields[1]
  if not key or not callback and not subscribes(by_key[key], "group", event) then return end
  local counts = {}
  for i, member in ipairs(COUNTS) do counts[i] = string.format("%.0f", group[member]) end
  append(key, event, group.id, now_text, #(fields[2] or ""), F.outbox_ended_ms, now_text, F.outbox_spec, fields[2] or "", F.outbox_counts,
    table.concat(counts, " "), F.outbox_callback, callback and "1" or "", F.outbox_waiter, group.waiter)
end

-- Tells schedulers that there are entries.
function outbox_entries.tell()
  if outbox_entries.added == 0 then return end
  rcall("PUBLISH", base .. "mr:outbox-news", "")
  outbox_entries.added = 0
end

-- Records ends that outbox.note gathered, and groups.
function outbox_entries.add(ends, finished)
  local by_key = read_subscriptions(ends, finished)
  for at = 1, #ends, 6 do outbox_entries.add_job(by_key, unpack(ends, at, at + 5)) end
  for _, group in ipairs(finished) do add_group(by_key, group) end
  outbox_entries.tell()
end

-- Records the end of one job that another program brought. `job` is as `known` above.
function outbox_entries.add_one(job_id, state, token, spent, body, callback, job)
  outbox_entries.add_job(read_subscriptions({ job_id }, {}), job_id, state, token, spent, body, callback, job)
  outbox_entries.tell()
end
