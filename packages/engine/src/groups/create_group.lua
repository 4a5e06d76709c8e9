-- create_group: store a new group without children.
-- KEYS     base
-- ARGV     now_ms, id, rule, max_in_flight, keep_siblings, waiter, deadline_ms, created_ms, details, callback
-- RETURNS  the group's hash as a flat list
-- REPEAT   safe: a group that exists stays as it is
-- TOUCHES  mr:group: (hash)
--
-- rule is "all", "any" or the least percentage; keep_siblings is "1" or ""; waiter is the finalizer's job id, or "";
-- callback is "end" or "".
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
local now_ms = numbers.given(ARGV[1], "now_ms")
local now_text = ARGV[1]
local id = ARGV[2]
local rule = ARGV[3]
local max_in_flight = numbers.given(ARGV[4], "max_in_flight")
local keep_siblings = ARGV[5]
local waiter = ARGV[6]
local deadline_ms = numbers.given(ARGV[7], "deadline_ms")
local created_ms = numbers.given(ARGV[8], "created_ms")
local details = ARGV[9]
local callback = ARGV[10]
--- @include "groups/lib/new_groups"

new_groups.parts(id)
new_groups.add(id, { rule = rule, max_in_flight = max_in_flight, keep_siblings = keep_siblings, waiter = waiter,
  kind = waiter == "" and "" or "finalizer", deadline_ms = deadline_ms, created_ms = created_ms, details = details, callback = callback })
stored.flush()
return rcall("HGETALL", base .. "mr:group:" .. id)
