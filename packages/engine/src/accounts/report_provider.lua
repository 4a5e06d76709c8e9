-- report_provider: record how a provider responded to a call. Its account cools down, or continues.
-- KEYS     base
-- ARGV     now_ms, kind, asked_ms, job_id, started_ms, most_failures, sure, said
-- RETURNS  {verdict, cool_until_ms | "", episode | "", begun, halved_to | "", closed} | {"GONE"}: the account does not exist; verdict is "COOLING" |
--          "PROBE" | "EXHAUSTED" | "SUSPECT" | "COUNTED"
-- REPEAT   safe: all reports of one cool-down count once, and an attempt's failure counts once
-- TOUCHES  mr:account (hash)
--
-- base is that of the account (see exchange_account). kind is "refused" (for load), "exhausted" (money or quota is
-- used up), "failed" (the provider's server failed, did not answer, or does not accept the account) or "answered" (the provider took the call).
-- started_ms is when the attempt of job_id began. asked_ms is the wait that the provider asked for, or 0. said is "" or
-- what the provider said, as "status message". closed is 1 if the report ended the cool-down.
--
-- verdict  COOLING    the account cools down, and the attempt belongs to that cool-down
--          PROBE      the attempt was the probe, and it failed: the cool-down is not over
--          EXHAUSTED  no job starts until an operator resets the account
--          SUSPECT    the account would cool down, unless a shard has had a success since: collect the shards' reports, and
--                     report again with sure = 1
--          COUNTED    the account continues
-- begun is 1 if this report began the cool-down: the caller then takes back the slices of all shards.
--
-- A cool-down begins with a refusal, or with most_failures failures in a row from at least two jobs. It takes one second,
-- and twice as long after each probe that fails, up to a minute (exponential backoff). What the provider asks for can
-- only lengthen it. The episode ends with a success. Once in an episode, the number of jobs that may run is halved;
-- each success adds a fraction of one (additive increase, multiplicative decrease: D. Chiu, R. Jain, 1989).
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local kind = ARGV[2]
local asked_ms = numbers.given(ARGV[3], "asked_ms")
local job_id = ARGV[4]
local started_ms = numbers.given(ARGV[5], "started_ms")
local most_failures = numbers.given(ARGV[6], "most_failures")
local sure = ARGV[7] == "1"
local said = ARGV[8]
--- @include "accounts/lib/failures"

local LONGEST_MS, FIRST_MS, MOST_ASKED_MS = 60000, 1000, 3600000
-- How many different jobs must have failed before the provider counts as down.
local LEAST_JOBS = 2

local EXHAUSTED = "exhausted"

local hash = base .. "mr:account"
local f = rcall("HMGET", hash, F.account_generation, F.account_state, F.account_cool_until_ms, F.account_cool_downs, F.account_episode_ms, F.account_cooling_ms, F.account_learned_running, F.account_allowed, F.account_failures, F.account_cool_reason)
if not f[1] then return { "GONE" } end
local state, cool_until, steps, episode = f[2] or "", numbers.whole(f[3]) or 0, numbers.whole(f[4]) or 0, f[5] or ""
local opened, learned, running, failed = numbers.whole(f[6]) or 0, numbers.finite(f[7]), numbers.whole(f[8]) or 0, f[9] or ""
local cooling = state == "cool" or state == "half"
asked_ms = math.min(asked_ms, MOST_ASKED_MS)
if said ~= "" and kind ~= "answered" then rcall("HSET", hash, F.account_last_refusal, ARGV[1] .. " " .. said) end

local halved_to, closed
local function text(number) return string.format("%.0f", number) end
local function reply(verdict, begun)
  return { verdict, state == "cool" and text(cool_until) or "", episode, begun and 1 or 0, halved_to and text(halved_to) or "",
    closed and 1 or 0 }
end
-- Begins a cool-down, which is longer than the last one.
local function cool_down(why)
  steps = steps + 1
  state, opened = "cool", now_ms
  cool_until = now_ms + math.max(asked_ms, math.min(FIRST_MS * 2 ^ math.min(steps - 1, 10), LONGEST_MS))
  if episode == "" then
    episode = text(now_ms)
    learned = math.max(1, math.floor(math.min(learned or running, running) / 2))
    halved_to = learned
  end
  rcall("HSET", hash, F.account_state, state, F.account_cool_until_ms, text(cool_until), F.account_probe_until_ms, "", F.account_cool_downs, steps, F.account_episode_ms, episode, F.account_cooling_ms, text(opened),
    F.account_learned_running, learned or "", F.account_cool_reason, why, F.account_failures, "")
end

if kind == "exhausted" or state == "exhausted" then
  rcall("HSET", hash, F.account_state, EXHAUSTED, F.account_cool_until_ms, "", F.account_probe_until_ms, "", F.account_failures, "")
  local begun = state ~= "exhausted"
  state = "exhausted"
  return reply("EXHAUSTED", begun)
end

if kind == "answered" then
  if state == "half" and started_ms > opened then
    state, episode, closed = "", "", true
    rcall("HSET", hash, F.account_state, "", F.account_cool_until_ms, "", F.account_probe_until_ms, "", F.account_cool_downs, 0, F.account_episode_ms, "", F.account_cool_reason, "", F.account_failures, "")
  elseif failed ~= "" then
    rcall("HSET", hash, F.account_failures, "")
  end
  return reply("COUNTED", false)
end

if state == "half" and started_ms > opened then
  cool_down(f[10] or kind)
  return reply("PROBE", true)
end
if cooling then
  -- The call began before the cool-down. Its report tells nothing new, except how long the provider asks for.
  if asked_ms > 0 and now_ms + asked_ms > cool_until then
    local begun = state == "half"
    state, cool_until = "cool", now_ms + asked_ms
    rcall("HSET", hash, F.account_state, state, F.account_cool_until_ms, text(cool_until), F.account_probe_until_ms, "")
    return reply("COOLING", begun)
  end
  return reply("COOLING", false)
end
if kind == "refused" then
  cool_down(kind)
  return reply("COOLING", true)
end

-- A call that has hung since before the last cool-down belongs to that cool-down.
if started_ms <= opened then return reply("COOLING", false) end
failed = failures.add(failed, now_ms, job_id, text(started_ms), most_failures)
local count, jobs = failures.count(failed)
if count >= most_failures and jobs >= LEAST_JOBS and sure then
  cool_down(kind)
  return reply("COOLING", true)
end
rcall("HSET", hash, F.account_failures, failed)
return reply(count >= most_failures and jobs >= LEAST_JOBS and "SUSPECT" or "COUNTED", false)
