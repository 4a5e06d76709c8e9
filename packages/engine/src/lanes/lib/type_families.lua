-- type_families: which types share lanes. Part of `lanes`, and included by it.
--
-- A family is a set of types that the same workers serve: a worker that names one of them names all of them. So a
-- lease reads one class for each kind of worker, not one for each type. When a worker names only some of a family's
-- types, the family ends, and its types form two new families. Two families are joined if, for ten minutes, every
-- worker that named one of them named both. lib/family_changes does both, and
-- lib/lane_sorting moves jobs to the lanes of their new family.
--
-- mr:families maps a type to its family, "#<number>", and a family to "types since_ms namer": how many types it has,
-- when its ten minutes began, and which worker's list named it since. The namer is the SHA-1 of that list, or
-- "several". The field "#" has the number of the newest family; numbers are never reused.
--
-- Needs `base`, `rcall` and `lanes`.
-- TOUCHES  mr:families (hash)
local known_families = { by_type = {}, exists = {} }

function lanes.forget_families()
  known_families = { by_type = {}, exists = {} }
end

-- The family of a type, or false if no worker has named the type.
local function family_of(type)
  local by_type = known_families.by_type
  if by_type[type] == nil then
    local family = rcall("HGET", base .. "mr:families", type)
    by_type[type] = family and string.match(family, "^#%d+$") or false
  end
  return by_type[type]
end

local function is_family(family)
  local exists = known_families.exists
  if exists[family] == nil then exists[family] = rcall("HEXISTS", base .. "mr:families", family) == 1 end
  return exists[family]
end
