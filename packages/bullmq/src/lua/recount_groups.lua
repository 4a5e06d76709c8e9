-- recount_groups: count the running jobs of each group from the list `active`, if limits need the counts.
-- KEYS     base
-- ARGV
-- RETURNS  "OK"
--- @include "groups"
more()
if flags(KEYS[1]).counts then groups.recount(KEYS[1]) end
return "OK"
