-- lane_models: says which models the jobs of a lane name, and which accounts a pool or a model means, for scripts that count.
--
-- Needs `base`, `rcall` and `routes`.
-- TOUCHES  mr:governed (hash)
local lane_models = {}

-- How many jobs of a lane are read. The others count like these.
local READ = 8

-- The parts of a lane's `count` jobs, as a list of what the lane has in the place of the pool and how many jobs: one part, unless
-- the lane has the jobs of all models.
function lane_models.parts(lane_key, pool, count)
  if pool ~= routes.SHARED then return { { pool = pool, jobs = count } } end
  local ids, parts, by_pool = rcall("ZRANGE", lane_key, 0, READ - 1), {}, {}
  for _, id in ipairs(ids) do
    local named = routes.pool_in(rcall("HGET", base .. id, F.lane))
    local part = by_pool[named]
    if not part then
      part = { pool = named, jobs = 0 }
      by_pool[named] = part
      parts[#parts + 1] = part
    end
    part.jobs = part.jobs + count / #ids
  end
  return parts
end

-- What a count needs of a pool, or of a model in its place: routes has account and governed of each route of a model, and governed is
-- 1 for a pool whose account has limits.
function lane_models.pool(name)
  local of_model, list = {}, routes.of(name)
  for _, route in ipairs(list or {}) do
    local n = #of_model
    of_model[n + 1], of_model[n + 2] = route.account, rcall("HEXISTS", base .. "mr:governed", route.account)
  end
  return { routes = of_model, is_model = list and true, governed = name ~= "" and rcall("HEXISTS", base .. "mr:governed", name) or 0 }
end
