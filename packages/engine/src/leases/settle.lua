-- settle: end attempts, each with its job's new state and everything that follows from it, or not at all.
-- KEYS     base
-- ARGV     now_ms, max_events, keep_succeeded_ms, keep_failed_ms, max_bounces, keep_spend_days, spend_labels; per settlement:
--          id, token, kind, state, delay_ms, episode, body, message, noted, usage, account_failed, report
-- RETURNS  per settlement, three words: "SETTLED", state, cost in micro-dollars | "" | "REPEATED", state, "" | "LEASE_LOST", "", "" |
--          "INVALID", argument, ""; then {per reported job that it ended: job_id, state, {field, value, …}} and other_ends, see ends.report
-- REPEAT   safe: REPEATED if this token ended the job, else LEASE_LOST
-- TOUCHES  waiting-children (zset), mr:expiry (zset), events (stream), marker (zset), meta (hash), wait (list), prioritized (zset), active (list), mr:depth (hash)
--
-- kind     complete   body is the result
--          release    the worker returns the job unfinished
--          wait       the job waits for its last fan-out, which has body children; no attempt is spent
--          fail       state is the job's new state
--          retry      after delay_ms
--          bounce     after delay_ms; the provider refused the job for load, or is down, or there was no room for what the job
--                     wanted to store. episode may be ""
-- With the last three, body is the failure (JSON), message is its message, and noted is the form of the failure that
-- the history keeps (JSON). Arguments that a kind does not use are "".
-- account_failed is "1" if the account of the attempt's route could not serve it. The job tries this account last from then
-- on, and runs again without a delay if its model has a route on an account that it has not failed on.
-- report is "1" if the reply is to have the job as it ended, without its payload.
-- usage is "" or JSON (see jobs/lib/usages). A job that would run again becomes CANCELLED if its cancellation was
-- requested. The reservations are settled to the tokens of the usage. Without a usage they count as spent, unless the
-- attempt does not count: then the provider was never reached. Bounces of one episode count as one. jobs/lib/attempts
-- decides which attempts are spent.
--
-- A settlement that is INVALID changes nothing, and the others of the call are settled. The script decodes only JSON
-- that may be malformed without harm: a stored field that cannot be read counts as absent.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local max_events = numbers.given(ARGV[2], "max_events")
local keep_succeeded_ms = numbers.given(ARGV[3], "keep_succeeded_ms")
local keep_failed_ms = numbers.given(ARGV[4], "keep_failed_ms")
local max_bounces = numbers.given(ARGV[5], "max_bounces")
local keep_spend_days = numbers.given(ARGV[6], "keep_spend_days")
local spend_labels = ARGV[7]
--- @include "lanes/lib/lanes"
--- @include "signals/lib/events"
--- @include "signals/lib/signals"
--- @include "redis/lib/later"
--- @include "redis/lib/columns"
--- @include "jobs/lib/delayed"
--- @include "budgets/lib/budgets"
--- @include "accounts/lib/slices"
--- @include "models/lib/routes"
--- @include "jobs/lib/ends"
--- @include "jobs/lib/finished"
--- @include "jobs/lib/history"
--- @include "jobs/lib/usages"
--- @include "usage/lib/usage_days"
--- @include "spend/lib/books"

local FIELDS = columns.join(ends.FIELDS, { F.finished_ms, F.cancel_reason, F.key_reservation, F.account_reservation, F.usage,
  F.bounces, F.bounce_episodes, F.stalls, F.lane, F.route, F.failed_accounts })
local AT = columns.of(FIELDS)

local ENDS = { FAILED = true, CANCELLED = true, EXPIRED = true }

-- A kind with its arguments, or nil if it is malformed.
local function read_kind(name, state, delay_ms, episode)
  if name == "complete" or name == "release" or name == "wait" then return { name = name } end
  if name == "fail" then return ENDS[state] and { name = name, state = state } or nil end
  delay_ms = numbers.whole(delay_ms)
  if not delay_ms or delay_ms < 0 then return nil end
  if name == "bounce" then
    return string.find(episode, "^%w*$") and { name = name, delay_ms = delay_ms, episode = episode } or nil
  end
  if name == "retry" then return { name = name, delay_ms = delay_ms } end
end

-- Settles the reservations. A call that never reached the provider is refunded to both. A call that the provider refused
-- is refunded to the key, and counts as a request of the account.
local function settle_reservation(id, rsv, acs, kind, usage)
  local spent = usage and usages.tokens(usage)
  local key = lanes.key_of(id)
  if key and spent and spent > 0 then budgets.learn(key, spent) end
  local ended, bounced = kind.name == "complete", kind.name == "bounce"
  local back = not attempts.SPENDS[kind.name]
  local unspent = back and not spent
  if rsv then budgets.settle(key, rsv, spent, unspent, not back, usage and usage[F.usage_compute_ms]) end
  if acs then
    slices.settle(id, acs, bounced and (spent or 0) or spent, unspent and not bounced, ended)
  end
end

-- How many episodes a job was bounced in, including this one, and whether it had been bounced in this episode before. A
-- bounce without an episode is an episode by itself.
local function count_episode(before, episode)
  local count, last = string.match(before or "", "^(%d+) (%w*)$")
  count = numbers.whole(count) or 0
  if episode ~= "" and episode == last then return count, true end
  return count + 1, false
end

-- Counts a bounce in `extra`. Returns the number of its episode, or nil if this episode was counted before.
local function count_bounce(fields, episode, extra)
  local episodes, again = count_episode(fields[AT[F.bounce_episodes]], episode)
  extra[#extra + 1], extra[#extra + 2] = F.bounces, (numbers.whole(fields[AT[F.bounces]]) or 0) + 1
  extra[#extra + 1], extra[#extra + 2] = F.bounce_episodes, string.format("%.0f %s", episodes, episode)
  if not again then return episodes end
end

-- Notes in `extra` that the account of the attempt's route has failed. Returns whether the job has another account to try.
local function note_failed_account(fields, extra)
  local account = string.match(fields[AT[F.route]] or "", "^(%S+) .")
  if not account then return false end
  local failed = routes.add_failed(fields[AT[F.failed_accounts]], account)
  extra[#extra + 1], extra[#extra + 2] = F.failed_accounts, failed
  local list = routes.of(string.match(fields[AT[F.lane]] or "", "^[^|]*|%d|([^|]*)$") or "")
  return list and routes.any_untried(list, failed) or false
end

-- Puts a job that runs again where it waits. If its attempt was not spent, the job is the next one of its lane.
local function run_again(id, delay_ms, spent)
  if delay_ms and delay_ms > 0 then
    rcall("HSET", base .. id, F.delay_ms, delay_ms)
    delayed.add(id, now_ms + delay_ms)
    signals.add("s SCHEDULED", id)
    return "SCHEDULED"
  end
  local lane, priority = lanes.find(id)
  lanes.put(lane, id, priority or 0, not spent)
  events.add("waiting", id, "prev", "active")
  signals.add("s QUEUED", id)
  signals.work()
  return "QUEUED"
end

-- Has a job wait for its fan-out. It has started, so its latest start no longer counts.
local function wait_for(id, fan_out, fields, extra)
  local job_key = base .. id
  rcall("HSET", job_key, F.due_ms, now_text, F.last_end, now_text .. " wait", unpack(extra))
  if fields[AT[F.latest_start_ms]] then
    local deadline_ms = numbers.whole(fields[AT[F.deadline_ms]])
    rcall("HDEL", job_key, F.latest_start_ms)
    rcall("ZREM", base .. "mr:expiry", id)
    if deadline_ms then rcall("ZADD", base .. "mr:expiry", deadline_ms, id) end
  end
  rcall("ZADD", base .. "waiting-children", now_text, id)
  stored.defer(id, 1)
  events.add("waiting-children", id, "prev", "active")
  signals.add("s WAITING", id)
  groups.wait_for(fan_out)
end

-- Returns the reply's two words and, if the attempt has ended now, the job's fields and the usage.
local function settle(at)
  local id = ARGV[at + 1]
  local token = ARGV[at + 2]
  local kind = ARGV[at + 3]
  local state = ARGV[at + 4]
  local delay_ms = ARGV[at + 5]
  local episode = ARGV[at + 6]
  local body = ARGV[at + 7]
  local message = ARGV[at + 8]
  local noted = ARGV[at + 9]
  local usage = ARGV[at + 10]
  local account_failed = ARGV[at + 11]

  local usage_text = usage
  kind, usage = read_kind(kind, state, delay_ms, episode), usages.parse(usage)
  if not kind then return "INVALID", "kind" end
  if usage_text ~= "" and not usage then return "INVALID", "usage" end
  local job_key = base .. id
  local fields = rcall("HMGET", job_key, unpack(FIELDS))
  if fields[AT[F.attempts_started]] ~= token then return "LEASE_LOST", "" end
  if fields[AT[F.finished_ms]] then
    local ended_by, ended_as = string.match(rcall("HGET", job_key, F.ended_by) or "", "^(%d+) (%u+)$")
    if ended_by == token then return "REPEATED", ended_as end
  end
  local fan_out = kind.name == "wait" and groups.get(string.match(fields[AT[F.child_groups]] or "", "(%S+)$") or "")
  if kind.name == "wait" and not (fan_out and (fan_out.state ~= "OPEN" or fan_out.total == numbers.whole(body))) then
    return "INVALID", "children"
  end
  if not ends.drop_lease(id) then return "LEASE_LOST", "" end
  -- Something is written from here on, so nothing below may throw.
  local rsv, acs, extra = fields[AT[F.key_reservation]], fields[AT[F.account_reservation]], {}
  if rsv == "" then rsv = nil end
  if acs == "" then acs = nil end
  if rsv or acs or usage then settle_reservation(id, rsv, acs, kind, usage) end
  if rsv then extra[1], extra[2] = F.key_reservation, "" end
  if acs then extra[#extra + 1], extra[#extra + 2] = F.account_reservation, "" end
  if account_failed == "1" and note_failed_account(fields, extra) and kind.delay_ms then kind.delay_ms = 0 end
  if usage then
    usage_text = books.charge(id, fields[AT[F.lane]], fields[AT[F.route]], usage, usage_text)
    extra[#extra + 1], extra[#extra + 2] = F.usage, usages.add(fields[AT[F.usage]], usage, usage_text)
  end

  if kind.name == "complete" then
    ends.finish(id, fields, token, "active", "SUCCEEDED", body, nil, nil, extra)
    return "SETTLED", "SUCCEEDED", fields, usage
  end
  local name = kind.name
  state, delay_ms = kind.state, kind.delay_ms
  local cancel_reason = fields[AT[F.cancel_reason]]
  if not state and cancel_reason then
    state, message = "CANCELLED", cancel_reason
    body = ends.failure("CANCELLED", message)
  end
  local spent, last, suspect
  if not state then
    spent, last, suspect = attempts.after(name, { key = job_key, spent = numbers.whole(fields[AT[F.attempts_spent]]) or 0,
      stalls = numbers.whole(fields[AT[F.stalls]]), max_bounces = max_bounces,
      episodes = name == "bounce" and count_bounce(fields, kind.episode, extra) or nil })
    if last then state = "FAILED" end
  end
  if spent or attempts.SPENDS[name] then history.note(id, noted, usage_text) end
  if state then
    ends.finish(id, fields, token, "active", state, nil, body, message, extra)
    return "SETTLED", state, fields, usage
  end

  if fan_out then
    wait_for(id, fan_out, fields, extra)
    return "SETTLED", "WAITING", fields, usage
  end
  if delay_ms then
    if spent then extra[#extra + 1], extra[#extra + 2] = F.attempts_spent, spent end
    if suspect then extra[#extra + 1], extra[#extra + 2] = F.suspect, 1 end
    local bytes = #body + #message
    stored.add(id, bytes - (numbers.whole(fields[AT[F.end_bytes]]) or 0))
    rcall("HSET", job_key, F.failure, body, F.failure_message, message, F.end_bytes, bytes, F.due_ms, now_ms + delay_ms,
      F.last_end, now_text .. " " .. name, unpack(extra))
  else
    rcall("HSET", job_key, F.due_ms, now_text, F.last_end, now_text .. " " .. name, unpack(extra))
  end
  return "SETTLED", run_again(id, delay_ms, spent), fields, usage
end

local replies, reported = {}, {}
for at = 7, #ARGV - 1, 12 do
  local n = #replies
  local word, state, fields, usage = settle(at)
  local cost = usage and usage[F.usage_cost]
  replies[n + 1], replies[n + 2], replies[n + 3] = word, state, cost and string.format("%.0f", cost) or ""
  local report = ARGV[at + 12]
  local has_ended = state == "SUCCEEDED" or ENDS[state]
  if fields then usage_days.count(ARGV[at + 1], fields[AT[F.lane]], fields[AT[F.route]], usage, has_ended) end
  if fields and has_ended and report == "1" then
    local m = #reported
    reported[m + 1], reported[m + 2] = ARGV[at + 1], state
  end
end
ends.flush()
lanes.flush()
later.flush()
stored.flush()
budgets.flush()
slices.flush()
usage_days.flush()
books.flush()
local meta = rcall("HMGET", base .. "meta", F.meta_paused, F.meta_concurrency)
-- Under BullMQ's concurrency limit for the whole queue, any end makes room for another job.
if meta[2] then signals.work() end
if signals.lines.w then
  if not meta[1] then rcall("ZADD", base .. "marker", 0, "0") end
elseif events.added and rcall("EXISTS", base .. "wait", base .. "prioritized", base .. "active") == 0
  and rcall("HEXISTS", base .. "mr:depth", F.depth_all) == 0 then
  rcall("XADD", base .. "events", "*", "event", "drained")
end
events.flush()
signals.publish()
local ended = {}
for i = 1, #reported, 2 do
  local m = #ended
  ended[m + 1], ended[m + 2], ended[m + 3] = reported[i], reported[i + 1], finished.read(reported[i])
end
replies[#replies + 1] = ended
replies[#replies + 1] = ends.report()
return replies
