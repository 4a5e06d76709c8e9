-- field_names: the names of a hash's fields in their order, so that readers can go through them in pages.
--
-- Needs `base`, the hash, and `rcall`. The fields of the hash are never removed.
-- TOUCHES
local field_names = {}

-- Adds the names that are missing, because an earlier version has added fields without them.
function field_names.complete()
  local names = KEYS[1] .. ":names"
  if rcall("ZCARD", names) == rcall("HLEN", base) then return end
  for _, field in ipairs(rcall("HKEYS", base)) do rcall("ZADD", names, 0, field) end
end

function field_names.add(field) rcall("ZADD", KEYS[1] .. ":names", 0, field) end
