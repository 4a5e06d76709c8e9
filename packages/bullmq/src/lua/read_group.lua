-- read_group: what waits and runs in a group, and what holds it.
-- KEYS     base
-- ARGV     group
-- RETURNS  {waiting, running | "", held: 0 | 1, held_until_ms | "", own settings | "", settings of all groups | ""}
--- @include "groups"
local base, group = KEYS[1], ARGV[1]
-- Priorities are at most 2^21, so there are 22 classes and the one without a priority.
local LAST_CLASS = 22

local waiting = 0
for class = 0, LAST_CLASS do waiting = waiting + rcall("ZCARD", base .. "fair:" .. class .. ":" .. group) end
local running = ""
if flags(base).counts then running = tonumber(rcall("HGET", base .. "fair:running", group) or 0) end
local held = rcall("ZSCORE", base .. "fair:held", group) and 1 or 0
local texts = rcall("HMGET", base .. "fair:settings", "=" .. group, F.defaults)
return { waiting, running, held, rcall("ZSCORE", base .. "fair:until", group) or "", texts[1] or "", texts[2] or "" }
