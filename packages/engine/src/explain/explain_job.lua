-- explain_job: read everything that says why a job waits.
-- KEYS     base
-- ARGV     now_ms, id, default_tokens
-- RETURNS  {"NONE"} | {state, next_run_ms | "", paused, ahead, tokens, held_tokens, limits | "", running, requests, tokens_used,
--          day_used, requests_clear_ms | "", tokens_clear_ms | "", day_clear_ms | "", pool, governed, lanes, leased,
--          since_ms, type, unnamed, suspect, group | "", group_used, group_limit, in_pool, {per route: account, model, governed,
--          tokens, failed}}
-- REPEAT   safe
-- TOUCHES  meta (hash), delayed (zset), mr:lane: (zset), mr:families (hash), mr:group: (hash)
--
-- ahead        how many jobs of its lane are before it
-- tokens       what a lease would now reserve for it of an account; held_tokens: of its key's own limits
-- limits       the key's budget, as in lib/key_limits
-- running, requests, tokens_used, day_used are what its key uses; each clear_ms is when there is room for it, "": now
-- lanes        how many lanes of its class have jobs
-- leased       how many jobs of its class were leased since since_ms
-- unnamed      1 if workers have named their types and none of them serves this type
-- suspect      1 if it runs alone
-- in_pool      how many jobs of its key run in its pool
-- route        for a job of a model, in the order in which a lease tries them: what a lease would reserve of the account, and 1 if the
--              job has failed on it
-- group        the group whose children it waits for, group_used of group_limit of which have ended; or the group in which it
--              waits for room, with group_used children in flight of group_limit that may be
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local id = ARGV[2]
local default_tokens = numbers.given(ARGV[3], "default_tokens")
--- @include "lanes/lib/lanes"
--- @include "signals/lib/signals"
--- @include "jobs/lib/jobs"
--- @include "jobs/lib/due"
--- @include "explain/lib/holds"

local state = jobs.state(id)
if not state then return { "NONE" } end
local text = holds.text
local next_run_ms = ""
local group, group_used, group_limit = "", 0, 0
-- Reads the counts of a group, named so that a script that explains a job of no group asks for none.
local function group_counts(...)
  local counts = rcall("HMGET", base .. "mr:group:" .. group, ...)
  for i = 1, #counts do counts[i] = numbers.whole(counts[i]) or 0 end
  return counts
end
if state == "SCHEDULED" then
  local due_ms = due.time_of(rcall("ZSCORE", base .. "delayed", id))
  if due_ms then
    next_run_ms = text(due_ms)
  else
    group = string.match(rcall("HGET", base .. id, F.group) or "", " (.+)$") or ""
    group_used, group_limit = unpack(group_counts(F.group_in_flight, F.group_max_in_flight))
  end
elseif state == "WAITING" then
  local spec = rcall("HGET", base .. id, F.child_groups)
  group = string.match(spec or "", "([^ ]+)$") or ""
  local counts = group_counts(F.group_total, F.group_succeeded, F.group_failed, F.group_cancelled, F.group_expired,
    F.group_removed)
  group_limit = counts[1]
  for i = 2, #counts do group_used = group_used + counts[i] end
end
local lane = state == "QUEUED" and lanes.where(id) or lanes.find(id)
local key, class = string.match(lane, "^([^|]*)|(.*)$")
local pool = string.match(class, "^%d|([^|]*)") or ""
-- All models share a lane, so the job's own record names its model.
if pool == routes.SHARED then pool = routes.pool_in(rcall("HGET", base .. id, F.lane)) end
local type = rcall("HGET", base .. id, F.type) or ""
local unnamed = rcall("EXISTS", base .. "mr:families") == 1 and rcall("HEXISTS", base .. "mr:families", type) == 0
local ahead = (numbers.whole(rcall("ZRANK", base .. "mr:lane:" .. lane, id)) or 0)
if state == "SCHEDULED" then ahead = rcall("ZCARD", base .. "mr:lane:" .. lane) end

local held_by = holds.of(key, class, lane, pool, rcall("HGET", base .. id, F.estimated_tokens), rcall("HGET", base .. id, F.failed_accounts),
  default_tokens)
return { state, next_run_ms, rcall("HEXISTS", base .. "meta", F.meta_paused), text(ahead), held_by.tokens, held_by.held_tokens, held_by.limits,
  held_by.running, held_by.requests, held_by.tokens_used, held_by.day_used, held_by.requests_clear, held_by.tokens_clear, held_by.day_clear,
  pool, held_by.governed, held_by.lanes, held_by.leased, held_by.since, type,
  unnamed and 1 or 0, rcall("HEXISTS", base .. id, F.suspect), group, text(group_used), text(group_limit), held_by.in_pool, held_by.routes }
