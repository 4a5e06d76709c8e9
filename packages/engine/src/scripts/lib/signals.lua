-- signals: what listeners are told, all of a script call in one message of one line each:
-- "w" work, "s<id> STATE", "f<id> STATE" finished, "o<id> next_offset" output, "c<id>" cancel.
--
-- Needs `base` and `rcall`.
-- TOUCHES  mr:signals (channel)
local signals = { lines = {} }

function signals.add(line)
  signals.lines[#signals.lines + 1] = line
end

function signals.work()
  if not signals.has_work then signals.add("w") end
  signals.has_work = true
end

-- Every script that adds signals calls it last.
function signals.publish()
  if #signals.lines > 0 then
    rcall("PUBLISH", base .. "mr:signals", table.concat(signals.lines, "\n"))
  end
end
