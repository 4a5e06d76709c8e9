-- field_order: the order in which the fields of a hash were changed, so that readers can ask for the changes after one.
--
-- KEYS[1]:changes holds each field that was ever changed, by what the hash's field "*" counted at its last change: no two
-- have the same number. A field that was removed stays there. "*" has the number up to which the order is not known,
-- because an earlier version has changed fields without a note: whoever has only seen changes before it may hold fields
-- that do not exist any more.
--
-- Needs `base`, the hash, `rcall` and `numbers`.
-- TOUCHES
local field_order = {}

local VERSION = "*"

-- Numbers all fields again if there are changes without a note. Returns the number of the last change.
function field_order.complete()
  local changes = KEYS[1] .. ":changes"
  local version = numbers.whole(rcall("HGET", base, VERSION)) or 0
  local newest = rcall("ZREVRANGE", changes, 0, 0, "WITHSCORES")[2]
  if version == (numbers.whole(newest) or 0) then return version end
  local fields, is_there = rcall("HKEYS", base), {}
  for _, field in ipairs(fields) do is_there[field] = true end
  for _, field in ipairs(rcall("ZRANGE", changes, 0, -1)) do
    if not is_there[field] then fields[#fields + 1] = field end
  end
  for _, field in ipairs(fields) do
    if field ~= VERSION then
      version = version + 1
      rcall("ZADD", changes, string.format("%d", version), field)
    end
  end
  -- "*" comes last, so that its number is no field's.
  version = version + 1
  rcall("ZADD", changes, string.format("%d", version), VERSION)
  rcall("HSET", base, VERSION, string.format("%d", version))
  return version
end

function field_order.note(field, version) rcall("ZADD", KEYS[1] .. ":changes", string.format("%d", version), field) end
