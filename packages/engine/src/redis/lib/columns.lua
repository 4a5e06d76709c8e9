-- columns: finds the values of an HMGET by the names of their fields.
--
-- TOUCHES
local columns = {}

-- The fields of two lists.
function columns.join(first, second)
  local list = { unpack(first) }
  for _, name in ipairs(second) do list[#list + 1] = name end
  return list
end

-- The place of each field in a list of fields.
function columns.of(list)
  local at = {}
  for i, name in ipairs(list) do at[name] = i end
  return at
end
