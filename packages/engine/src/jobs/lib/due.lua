-- due: the scores of BullMQ's set `delayed`: the time in ms, multiplied by 4,096, plus a running number within the millisecond.
--
-- Needs nothing.
local due = {
  SCORES_PER_MS = 4096,
  -- When a job is due that waits for room in its group: in 2039, later than any time that a caller may give, and exact
  -- in a score.
  NEVER_MS = 2199023255551,
}

-- The time in a score, in ms, or nil if the job waits for room in its group.
function due.time_of(score)
  local due_ms = math.floor(tonumber(score) / due.SCORES_PER_MS)
  if due_ms < due.NEVER_MS then return due_ms end
end
