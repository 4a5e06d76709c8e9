-- later: gathers commands with many members over a batch. later.flush sends them.
--
-- Needs `rcall`.
-- TOUCHES
local later = { lists = {} }

-- A list of arguments for `command`. Its first argument is `key`, unless that is nil.
function later.list(command, key)
  local list = { command = command, key = key }
  later.lists[#later.lists + 1] = list
  return list
end

-- unpack accepts about 8,000 values. The number is even, because scores and members come in pairs.
local AT_ONCE = 4000

function later.flush()
  for _, list in ipairs(later.lists) do
    local n = #list
    for from = 1, n, AT_ONCE do
      local to = math.min(from + AT_ONCE - 1, n)
      if list.key then
        rcall(list.command, list.key, unpack(list, from, to))
      else
        rcall(list.command, unpack(list, from, to))
      end
      for i = from, to do list[i] = nil end
    end
  end
end
