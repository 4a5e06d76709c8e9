-- later: commands that take many members at once, gathered over a batch and sent by later.flush.
--
-- Needs `rcall`.
-- TOUCHES
local later = { lists = {} }

-- Arguments to gather for `command`, whose first argument is `key` unless that is nil.
function later.list(command, key)
  local list = { command = command, key = key }
  later.lists[#later.lists + 1] = list
  return list
end

-- unpack's limit is about 8,000; even, because scores come with members.
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
