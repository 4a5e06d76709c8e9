-- exchange_account: take a shard's report of what it used of a provider account, and grant it its next slice.
-- KEYS     base
-- ARGV     now_ms, shard, generation, version, running, succeeded, success_second, success_ms, probe_ended, want_requests,
--          want_tokens, least_tokens; per correction: second, tokens, requests
-- RETURNS  {"GRANTED", version, requests, tokens, allowed, second, until_ms, most, retry_ms | "", why, shared, probe | "", change},
--          change is "" | "HalfOpen" | "Closed": the state changed by itself; requests 0: nothing was granted; retry_ms is the time to ask again, if known | {"GONE"}: no account has this generation
-- REPEAT   safe: a shard that has not applied its last grant gets the same grant again, and its report is ignored
-- TOUCHES  mr:account (hash)
--
-- base is that of the account. least_tokens is what the next job takes. shared is 1 if jobs of other shards run, or
-- if other shards lately wanted more than they got. The windows of requests and tokens are one second longer than a
-- minute, because a grant may be used within a second.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local shard = ARGV[2]
local generation = ARGV[3]
local version = numbers.given(ARGV[4], "version")
local running = numbers.given(ARGV[5], "running")
local succeeded = numbers.given(ARGV[6], "succeeded")
local success_second = numbers.given(ARGV[7], "success_second")
local success_ms = numbers.given(ARGV[8], "success_ms")
local probe_ended = numbers.given(ARGV[9], "probe_ended")
local want_requests = numbers.given(ARGV[10], "want_requests")
local want_tokens = numbers.given(ARGV[11], "want_tokens")
local least_tokens = numbers.given(ARGV[12], "least_tokens")
--- @include "redis/lib/json"
--- @include "budgets/lib/windows"
--- @include "accounts/lib/failures"

-- The number of words in a grant.
local WORDS = 12
local HOLDS_MS = 1000
-- How long the account waits for a probe to return before it sends another.
local PROBE_MS = 120000
-- How long a shard that wanted more counts as a sharer of the account.
local WANTS_MS = 2000

local corrections = {}
for at = 12, #ARGV - 1, 3 do
  local second = numbers.given(ARGV[at + 1], "second")
  local tokens = numbers.given(ARGV[at + 2], "tokens")
  local requests = numbers.given(ARGV[at + 3], "requests")
  corrections[#corrections + 1] = { second, tokens, requests }
end

local hash = base .. "mr:account"
local f = rcall("HMGET", hash, F.account_shard_version .. shard, F.account_shard_grant .. shard, F.account_shard_allowed .. shard, F.account_requests_limit, F.account_tokens_limit, F.account_running_limit, F.account_state, F.account_cool_until_ms, F.account_probe_until_ms, F.account_learned_running,
  F.account_allowed, F.requests_sum, F.requests_first, F.requests_last, F.tokens_sum, F.tokens_first, F.tokens_last, F.account_generation, F.account_cooling_ms, F.account_failures, F.account_cool_reason)
if f[18] ~= generation then return { "GONE" } end
local last, allowed_before = (numbers.whole(f[1]) or 0), (numbers.whole(f[3]) or 0)
local granted_before = json.read(f[2])
if #granted_before == WORDS and version < last then return granted_before end
-- The account's state may have been lost. Its numbers then continue from the shard's number.
last = math.max(last, version)

local limit_q, limit_t, limit_r = numbers.whole(f[4]), numbers.whole(f[5]), numbers.whole(f[6])
local state, cool_until, probe_until, learned = f[7] or "", numbers.whole(f[8]), numbers.whole(f[9]), numbers.finite(f[10])
local all_allowed = (numbers.whole(f[11]) or 0)
local q = windows.open(windows.kind(F.requests_window, 1000, 61, now_ms), hash, f[12], f[13], f[14])
local t = windows.open(windows.kind(F.tokens_window, 1000, 61, now_ms), hash, f[15], f[16], f[17])

for _, correction in ipairs(corrections) do
  local second, tokens, requests = unpack(correction)
  if tokens > 0 then windows.add(t, tokens) else windows.correct(t, second, tokens) end
  windows.correct(q, second, requests)
end

local set, change = {}, ""
if succeeded > 0 then
  if f[20] and f[20] ~= "" then set[F.account_failures] = failures.after(f[20], success_ms) end
  -- Only a call that began after the cool-down began proves that it is over: it was charged in a later second.
  if state == "half" and success_second > math.floor((numbers.whole(f[19]) or 0) / 1000) then
    state, probe_until, change = "", nil, "Closed"
    set[F.account_cool_downs], set[F.account_episode_ms], set[F.account_cool_reason], set[F.account_failures] = 0, "", "", ""
  end
  if learned then learned = learned + succeeded / learned end
end
-- The probe's outcome was already reported, or it will have none.
if probe_ended == probe_until then probe_until = nil end
if state == "cool" and now_ms >= (cool_until or 0) then state, cool_until, change = "half", nil, "HalfOpen" end

-- The shard's slice is closed, so the shard may keep what it runs, and start nothing more.
local others = all_allowed - allowed_before
local bound = math.min(limit_r or math.huge, learned and math.max(1, math.floor(learned)) or math.huge)
-- A probe need not wait for calls that have hung since before the cool-down. Only the account's own limit applies.
if state == "half" then bound = limit_r or math.huge end
local room = bound - others - running

-- How many shards lately wanted more than they got, including this one.
local function sharers()
  local count = 1
  for _, name in ipairs(rcall("HKEYS", hash)) do
    if string.sub(name, 1, 2) == F.account_shard_wanted_ms and name ~= F.account_shard_wanted_ms .. shard
      and (numbers.whole(rcall("HGET", hash, name)) or 0) > now_ms - WANTS_MS then
      count = count + 1
    end
  end
  return count
end

local sharer_count = want_requests > 0 and sharers() or 1
local requests, tokens, jobs, retry_ms, why, probe = 0, 0, 0, nil, "", ""
local least = math.min(least_tokens, limit_t or least_tokens)
local function refuse(reason, at)
  why = why == "" and reason or why
  if at and (not retry_ms or at > retry_ms) then retry_ms = at end
end
if state == "exhausted" then
  refuse("PROVIDER_EXHAUSTED")
elseif state == "cool" then
  refuse(f[21] == "failed" and "PROVIDER_DOWN" or "PROVIDER_COOLDOWN", cool_until)
elseif state == "half" and (probe_until or 0) > now_ms then
  refuse(f[21] == "failed" and "PROVIDER_DOWN" or "PROVIDER_COOLDOWN", probe_until)
elseif want_requests > 0 then
  if room < 1 then refuse("PROVIDER_CONCURRENCY") end
  if limit_q and q.sum + 1 > limit_q then
    refuse("PROVIDER_REQUESTS", windows.clears_at(q, q.sum + 1 - limit_q))
  end
  if limit_t and t.sum + least > limit_t then
    refuse("PROVIDER_TOKENS", windows.clears_at(t, t.sum + least - limit_t))
  end
  if why == "" then
    local function share(free) return math.max(1, math.floor(free / sharer_count)) end
    jobs = math.min(want_requests, share(room))
    requests = math.min(jobs, limit_q and share(limit_q - q.sum) or jobs)
    tokens = math.min(want_tokens, limit_t and math.max(least, share(limit_t - t.sum)) or want_tokens)
    if state == "half" then
      requests, jobs, tokens, probe_until = 1, 1, least, now_ms + PROBE_MS
      probe = string.format("%.0f", probe_until)
    end
  end
end

local second = string.format("%.0f", math.floor(now_ms / 1000))
if requests > 0 then
  second = string.format("%.0f", windows.add(q, requests))
  -- If the clock was set back, both windows charge the same, newest second.
  windows.add(t, tokens)
end
local allowed = running + jobs
local granted = { "GRANTED", string.format("%.0f", last + 1), requests, string.format("%.0f", tokens), allowed, second,
  string.format("%.0f", requests > 0 and now_ms + HOLDS_MS or 0), limit_t and string.format("%.0f", limit_t) or "",
  retry_ms and string.format("%.0f", retry_ms) or "", why, (sharer_count > 1 or others > 0) and 1 or 0, probe }

set[F.account_shard_version .. shard], set[F.account_shard_allowed .. shard], set[F.account_shard_grant .. shard] = last + 1, allowed, cjson.encode(granted)
set[F.account_shard_wanted_ms .. shard] = want_requests > requests and now_ms or 0
set[F.account_allowed] = others + allowed
set[F.account_state], set[F.account_cool_until_ms], set[F.account_probe_until_ms], set[F.account_learned_running] = state, cool_until or "", probe_until or "", learned or ""
local fields = {}
for field, value in pairs(set) do
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end
windows.flush(t, fields, windows.flush(q, fields, #fields))
rcall("HSET", hash, unpack(fields))
-- A grant that is given again must not report the change again, so the stored one does not have it.
granted[WORDS + 1] = change
return granted
