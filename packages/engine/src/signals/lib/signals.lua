-- signals: tells listeners what changed. One message has all signals of a script call, with a line for each kind:
-- "w" work, or "w origin" with the name of the engine whose call it was, "s STATE id id…" states, "f STATE id id…" finished, "o id offset id offset…" next output
-- offsets, "c id…" cancellations, "g id…" groups.
--
-- Needs `base` and `rcall`.
-- TOUCHES  mr:signals (channel)
local signals = { lines = {}, order = {} }

function signals.add(kind, job_id, detail)
  local line = signals.lines[kind]
  if not line then
    line = { kind }
    signals.lines[kind] = line
    signals.order[#signals.order + 1] = line
  end
  line[#line + 1] = job_id
  line[#line + 1] = detail
end

function signals.work()
  if not signals.lines.w then signals.add("w") end
end

function signals.publish(origin)
  if #signals.order == 0 then return end
  local work = signals.lines.w
  if work and origin and origin ~= "" then work[2] = origin end
  local text = {}
  for i, line in ipairs(signals.order) do text[i] = table.concat(line, " ") end
  rcall("PUBLISH", base .. "mr:signals", table.concat(text, "\n"))
end
