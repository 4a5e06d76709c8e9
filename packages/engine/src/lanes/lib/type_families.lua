-- type_families: which types have lanes together. Part of `lanes`, and included by it.
--
-- A family is the types that the same workers name: a worker that names one of them names all of them. So a
-- lease looks at one class for each kind of workers that there is, and not at one for each type. When workers
-- come that name some of a family's types only, it ends, and its types make two new ones; when for ten minutes
-- nobody else named two families than who names both, the smaller joins the larger (lib/family_changes does
-- both). Jobs are moved to the lanes of their new family by lib/lane_sorting.
--
-- mr:families has by type its family, "#<number>", and by family "types since_ms namer": how many types it has,
-- when its ten minutes began, and who named them since, as a SHA-1 of all types that they name, or "several".
-- "#" is the last family's number: no number comes twice.
--
-- Needs `base`, `rcall` and `lanes`.
-- TOUCHES  mr:families (hash)
local known_families = { of = {}, is = {} }

function lanes.forget_families()
  known_families = { of = {}, is = {} }
end

-- The family of a type, or false: no worker has named it.
local function family_of(type)
  local of = known_families.of
  if of[type] == nil then
    local family = rcall("HGET", base .. "mr:families", type)
    of[type] = family and string.match(family, "^#%d+$") or false
  end
  return of[type]
end

local function is_family(family)
  local is = known_families.is
  if is[family] == nil then is[family] = rcall("HEXISTS", base .. "mr:families", family) == 1 end
  return is[family]
end
