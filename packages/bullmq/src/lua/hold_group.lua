-- hold_group: run no further job of a group for a time.
-- KEYS     base
-- ARGV     group, ms
-- RETURNS  "OK"
--- @include "groups"
more()
local base, group, ms = KEYS[1], ARGV[1], tonumber(ARGV[2])
groups.hold_for(base, group, ms)
return "OK"
