-- key_holds: when the limits of a key held its lanes, for the traces of its jobs. A job that waits behind another one in its
-- lane was held too, so the times are kept for the lane and not for each job.
--
-- mr:use:<key> has the last of these times as text: "KIND from_ms to_ms class" for each, newest last, separated by
-- semicolons. to_ms is "-" as long as a limit holds the lane.
--
-- Needs `now_ms` and `now_text`. budgets.flush writes the changes.
-- TOUCHES
local key_holds = {}

-- How many times are kept for a key.
local MOST_HOLDS = 8

local function open_hold(class) return "(%u[%u_]*) (%d+) %- " .. string.gsub(class, "%p", "%%%0") .. ";" end

local function store(use, text)
  use.holds, use.holds_changed = text, true
end

-- The class's limits hold it no longer.
function key_holds.over(use, class)
  local holds = use.holds
  if not holds or holds == "" or not string.find(holds, " - " .. class .. ";", 1, true) then return end
  store(use, (string.gsub(holds, open_hold(class), function(kind, from_ms)
    return kind .. " " .. from_ms .. " " .. now_text .. " " .. class .. ";"
  end)))
end

-- A limit of this kind holds the class, since now or since before.
function key_holds.begin(use, class, kind)
  local holds = use.holds or ""
  if string.match(holds, open_hold(class)) == kind then return end
  key_holds.over(use, class)
  holds = (use.holds or "") .. kind .. " " .. now_text .. " - " .. class .. ";"
  local _, count = string.gsub(holds, ";", "")
  if count > MOST_HOLDS then holds = string.gsub(holds, "^[^;]*;", "") end
  store(use, holds)
end

-- The times of a class, as "KIND from_ms to_ms;" for each, or false.
function key_holds.of(use, class)
  local holds = use.holds
  if not holds or holds == "" then return false end
  local found = {}
  for kind, from_ms, to_ms, of_class in string.gmatch(holds, "(%u[%u_]*) (%d+) (%S+) ([^;]*);") do
    if of_class == class then found[#found + 1] = kind .. " " .. from_ms .. " " .. to_ms .. ";" end
  end
  return found[1] and table.concat(found) or false
end
