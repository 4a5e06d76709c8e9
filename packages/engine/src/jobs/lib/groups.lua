-- groups: the groups that children and finalizers belong to. lib/group_counts and lib/group_ends have the functions, and
-- lib/group_changes those that are seldom needed. They are loaded when a script first needs one, because most calls meet no
-- job of a group, and every function that a script defines costs time.
--
-- Scripts call groups.flush (by ends.flush) before lanes.flush and stored.flush.
--
-- Needs `base`, `rcall`, `now_ms`, `now_text`, `lanes`, `events` and `signals`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
-- groups.finished lists the groups of callers that this call finished: id, state. groups.ends has the same groups, and those
-- whose end has changed because a child was redriven.
local groups = { todo = {}, finished = {}, ends = {} }

setmetatable(groups, { __index = function(_, name)
  setmetatable(groups, nil)
--- @include "jobs/lib/group_counts"
--- @include "jobs/lib/group_ends"
  setmetatable(groups, { __index = function(_, seldom)
    setmetatable(groups, nil)
--- @include "jobs/lib/group_changes"
    return groups[seldom]
  end })
  return groups[name]
end })

-- Writes the gathered changes. give_up ends a finalizer that must not run (ends.give_up).
function groups.flush(give_up)
  if groups.todo[1] then groups.write(give_up) end
end
