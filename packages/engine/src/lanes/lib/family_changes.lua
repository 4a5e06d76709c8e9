-- family_changes: creates, joins and ends families of types as workers name types (see lib/type_families). Part of
-- `lanes`, and included by lib/lane_sorting.
--
-- Needs `base`, `rcall`, `now_ms`, `numbers`, and what is local to lib/named_families and lib/lane_sorting before it.
-- TOUCHES  mr:families (hash)

-- A queue remembers at most this many types. Above that, whole families are forgotten, those first that no worker has
-- named for longest. Their jobs wait with those of all other types until a worker names the types again.
local MOST_TYPES = 1000

-- All families by name, each with its types in order. Entries that cannot be read are left out.
local function read_families()
  local stored, families, last = {}, {}, 0
  local flat = rcall("HGETALL", base .. "mr:families")
  for i = 1, #flat, 2 do stored[flat[i]] = flat[i + 1] end
  for field, value in pairs(stored) do
    local number = numbers.whole(string.match(field, "^#(%d+)$"))
    local _, since_ms, namer = parse_family(number and value)
    if number then last = math.max(last, number) end
    if since_ms then families[field] = { name = field, number = number, since_ms = since_ms, namer = namer, types = {} } end
  end
  for type, family in pairs(stored) do
    if families[family] and string.sub(type, 1, 1) ~= "#" then
      local types = families[family].types
      types[#types + 1] = type
    end
  end
  for _, family in pairs(families) do table.sort(family.types) end
  return families, math.max(last, numbers.whole(stored[F.families_last]) or 0)
end

-- `changes` has the new families by name, the number of the newest one, and the names of those that `ended`.
local function new_family(changes, types, since_ms, namer)
  changes.last = changes.last + 1
  local name = string.format("#%.0f", changes.last)
  changes.families[name] = { name = name, number = changes.last, since_ms = since_ms, namer = namer, types = types }
  return changes.families[name]
end

local function end_family(changes, family)
  changes.families[family.name] = nil
  changes.ended[#changes.ended + 1] = family.name
end

-- Splits each family of which only some types are named: into the named types and the others.
local function split_families(changes, is_named)
  local all = {}
  for _, family in pairs(changes.families) do all[#all + 1] = family end
  table.sort(all, function(a, b) return a.number < b.number end)
  for _, family in ipairs(all) do
    local inside, outside = {}, {}
    for _, type in ipairs(family.types) do
      local part = is_named[type] and inside or outside
      part[#part + 1] = type
    end
    if #family.types == 0 then
      end_family(changes, family)
    elseif #inside > 0 and #outside > 0 then
      end_family(changes, family)
      new_family(changes, inside, now_ms, SEVERAL)
      new_family(changes, outside, family.since_ms, family.namer)
    end
  end
end

-- The families that the named types form now, the largest first.
local function named_families(changes, is_named)
  local named = {}
  for _, family in pairs(changes.families) do
    if is_named[family.types[1]] then named[#named + 1] = family end
  end
  table.sort(named, function(a, b) return #a.types > #b.types or #a.types == #b.types and a.number < b.number end)
  return named
end

-- Joins, into the largest, the named families whose period is over and that no other list named, and begins the next period for
-- all named families. Returns whether it began one: then all jobs without a family are sorted again.
local function renew(changes, named, namer)
  local is_over, same = false, {}
  for _, family in ipairs(named) do
    local over = family.since_ms + PERIOD_MS <= now_ms
    is_over = is_over or over
    if over and family.namer == namer then same[#same + 1] = family end
    if family.namer ~= namer then family.namer = SEVERAL end
  end
  if not is_over then return false end
  for i = 2, #same do
    for _, type in ipairs(same[i].types) do same[1].types[#same[1].types + 1] = type end
    end_family(changes, same[i])
  end
  for _, family in ipairs(named) do family.since_ms, family.namer = now_ms, namer end
  return true
end

local function forget_most(changes)
  local all, types = {}, 0
  for _, family in pairs(changes.families) do
    all[#all + 1] = family
    types = types + #family.types
  end
  table.sort(all, function(a, b) return a.since_ms < b.since_ms or a.since_ms == b.since_ms and a.number < b.number end)
  for _, family in ipairs(all) do
    if types <= MOST_TYPES then return end
    types = types - #family.types
    end_family(changes, family)
  end
end

local function write_families(changes)
  local args = { F.families_last, string.format("%.0f", changes.last) }
  local function add(field, value)
    args[#args + 1], args[#args + 2] = field, value
  end
  for name, family in pairs(changes.families) do
    add(name, string.format("%d %.0f %s", #family.types, family.since_ms, family.namer))
    for _, type in ipairs(family.types) do add(type, name) end
  end
  rcall("DEL", base .. "mr:families")
  for from = 1, #args, WRITE_AT_ONCE do
    rcall("HSET", base .. "mr:families", unpack(args, from, math.min(from + WRITE_AT_ONCE - 1, #args)))
  end
  lanes.forget_families()
end

-- Records that a worker names these types, given as a list and as text. Returns their families.
function lanes.name_types(types, text)
  local families, last = read_families()
  local changes = { families = families, last = last, ended = {} }
  local is_named, has_family, unnamed, namer = {}, {}, {}, redis.sha1hex(text)
  for _, type in ipairs(types) do is_named[type] = true end
  for _, family in pairs(families) do
    for _, type in ipairs(family.types) do has_family[type] = true end
  end
  for type in pairs(is_named) do
    if not has_family[type] then unnamed[#unnamed + 1] = type end
  end
  table.sort(unnamed)
  split_families(changes, is_named)
  local is_new = #unnamed > 0
  if is_new then new_family(changes, unnamed, now_ms, namer) end
  local is_renewed = renew(changes, named_families(changes, is_named), namer)
  forget_most(changes)
  write_families(changes)
  if is_new or is_renewed or #changes.ended > 0 then begin_round(changes.ended) end
  return lanes.families_of(types, text) or {}
end
