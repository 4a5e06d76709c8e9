-- named_families: finds the families of the types that a worker names. Part of `lanes`, and included after it by the
-- script that leases.
--
-- Needs `base`, `rcall`, `lanes`, `numbers` and `now_ms`.
-- TOUCHES  mr:families (hash)
local PERIOD_MS = 600000
local SEVERAL = "several"

local function parse_family(stored)
  local types, since_ms, namer = string.match(stored or "", "^(%d+) (%d+) (%w+)$")
  return numbers.whole(types), numbers.whole(since_ms), namer
end

-- The families of types, which are given as a list and as text. Nil if lib/family_changes must first change or
-- record something about them.
function lanes.families_of(types, text)
  local families, found, n = {}, {}, 0
  for _, family in ipairs(rcall("HMGET", base .. "mr:families", unpack(types))) do
    if not family then return nil end
    if not found[family] then
      n = n + 1
      families[n] = family
    end
    found[family] = (found[family] or 0) + 1
  end
  local namer = redis.sha1hex(text)
  for i, stored in ipairs(rcall("HMGET", base .. "mr:families", unpack(families))) do
    local size, since_ms, named_by = parse_family(stored)
    if size ~= found[families[i]] or named_by ~= namer and named_by ~= SEVERAL or since_ms + PERIOD_MS <= now_ms then
      return nil
    end
  end
  return families
end
