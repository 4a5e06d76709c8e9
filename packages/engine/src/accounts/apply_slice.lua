-- apply_slice: apply the slice that a provider account has granted this shard.
-- KEYS     base
-- ARGV     pool, generation, version, requests, tokens, allowed, second, until_ms, most, shared, probe
-- RETURNS  "APPLIED" | "OLD", a later grant was applied, or the account was removed or created again
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local pool = ARGV[1]
local generation = ARGV[2]
local version = numbers.given(ARGV[3], "version")
local requests = numbers.given(ARGV[4], "requests")
local tokens = numbers.given(ARGV[5], "tokens")
local allowed = numbers.given(ARGV[6], "allowed")
local second = numbers.given(ARGV[7], "second")
local until_ms = numbers.given(ARGV[8], "until_ms")
local most = ARGV[9]
local shared = ARGV[10]
local probe = ARGV[11]
local now_ms = 0
--- @include "accounts/lib/slices"

local slice = slices.for_pool(pool)
if not slice or slice.generation ~= generation or slice.version >= version then return "OLD" end
-- The rest of the earlier grant was given back when this one was asked for.
rcall("HSET", slice.hash, F.slice_version, version, F.slice_requests, requests, F.slice_tokens, tokens, F.slice_allowed, allowed, F.slice_second, second, F.slice_until_ms, until_ms, F.slice_most_tokens, most, F.slice_shared, shared,
  F.slice_probe, probe)
rcall("HDEL", slice.hash, F.slice_report)
return "APPLIED"
