-- failures: the failed calls of a provider account since the last success, the newest last. The text has
-- "failed_ms job_id started_ms" for each, separated by spaces. An attempt counts once.
--
-- Needs nothing.
-- TOUCHES
local failures = {}

local EACH = "(%d+) (%S+) (%d+)"

-- Adds a failure, and keeps the newest `most`.
function failures.add(text, now_ms, job_id, started, most)
  local all = {}
  for at, job, began in string.gmatch(text, EACH) do
    if job == job_id and began == started then return text end
    all[#all + 1] = at .. " " .. job .. " " .. began
  end
  all[#all + 1] = string.format("%.0f %s %s", now_ms, job_id, started)
  return table.concat(all, " ", math.max(1, #all - most + 1))
end

-- How many failures there are, and how many different jobs they are of.
function failures.count(text)
  local count, jobs, seen = 0, 0, {}
  for _, job in string.gmatch(text, EACH) do
    count = count + 1
    if not seen[job] then jobs = jobs + 1 end
    seen[job] = true
  end
  return count, jobs
end

-- The failures that came after a success.
function failures.after(text, success_ms)
  local later = {}
  for at, job, began in string.gmatch(text, EACH) do
    if tonumber(at) > success_ms then later[#later + 1] = at .. " " .. job .. " " .. began end
  end
  return table.concat(later, " ")
end

-- When the newest failure was, as text; nil if there is none.
function failures.latest(text)
  local latest
  for at in string.gmatch(text, EACH) do latest = at end
  return latest
end
