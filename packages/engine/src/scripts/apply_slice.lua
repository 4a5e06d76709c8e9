-- apply_slice: take what a provider account has granted this shard.
-- KEYS     base
-- ARGV     pool, generation, version, requests, tokens, allowed, second, until_ms, most, shared
-- RETURNS  "APPLIED" | "OLD", a later grant was there, or the account was removed or made again
-- REPEAT   safe
-- TOUCHES
local base = KEYS[1]
local rcall = redis.call
local pool = ARGV[1]
local generation = ARGV[2]
local version = tonumber(ARGV[3])
local requests = ARGV[4]
local tokens = ARGV[5]
local allowed = ARGV[6]
local second = ARGV[7]
local until_ms = ARGV[8]
local most = ARGV[9]
local shared = ARGV[10]
local now_ms = 0
--- @include "lib/slices"

local slice = slices.of(pool)
if not slice or slice.generation ~= generation or slice.version >= version then return "OLD" end
-- What an earlier grant had left was given back when this one was asked for.
rcall("HSET", slice.hash, "v", version, "q", requests, "t", tokens, "a", allowed, "s", second, "u", until_ms, "m", most, "o", shared)
rcall("HDEL", slice.hash, "r")
return "APPLIED"
