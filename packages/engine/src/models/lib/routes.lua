-- routes: the routes of models. The stored lane of a job of a model has "=" and the model in the place of the pool. The job
-- waits in the lane with "=" alone, which all models share, or aside in the lane of its model (lanes/lib/lanes).
--
-- mr:models has the routes of each model, the most preferred first, one on each line: R.route in stored-records.ts. A job
-- has the accounts that it has failed on in F.failed_accounts. A route's price is text, as R.route describes it.
--
-- Needs `base`, `rcall` and `slices`.
-- TOUCHES  mr:models (hash)
local routes = { SHARED = "=" }

do
  local by_pool, texts, MARK = { [routes.SHARED] = {} }, {}, string.byte(routes.SHARED)

  -- The pool in a job's stored lane, or "=" and its model. "=?" if the lane cannot be read: no model has that name.
  function routes.pool_in(lane)
    local at = lane and string.find(lane, "|=", 1, true)
    local pool = at and string.sub(lane, at + 1)
    return pool and not string.find(pool, "|", 1, true) and pool or "=?"
  end

  local function parse(text)
    local list = {}
    for line in string.gmatch(text or "", "[^\n]+") do
      local account, price, model = string.match(line, "^(%S+) (%S+) (.+)$")
      if account then list[#list + 1] = { account = account, price = price, model = model, text = line } end
    end
    return list
  end

  -- The routes of the model that a lane has in the place of its pool, read once in a call: a list, empty if the catalogue
  -- has no such model, as for the lanes that models share. False: a pool is there.
  function routes.of(pool)
    local known = by_pool[pool]
    if known == nil then
      known = string.byte(pool) == MARK and parse(texts[pool] or rcall("HGET", base .. "mr:models", string.sub(pool, 2)))
      by_pool[pool] = known
    end
    return known
  end

  local all
  -- What lanes have in the place of the pool, for all models, read once in a call.
  function routes.pools()
    if all then return all end
    all = {}
    local flat = rcall("HGETALL", base .. "mr:models")
    for at = 1, #flat, 2 do
      if flat[at] ~= F.models_version then
        local pool = "=" .. flat[at]
        all[#all + 1], texts[pool] = pool, flat[at + 1]
      end
    end
    return all
  end

  -- The accounts that a job has failed on, by account: a number, highest for the last one.
  local function ranks(failed)
    local rank, count = {}, 0
    for account in string.gmatch(failed or "", "%S+") do
      count = count + 1
      rank[account] = count
    end
    return rank
  end

  -- The routes in the order in which a job tries them: accounts that it has failed on come last, the last of them at the end.
  function routes.in_order(list, failed)
    if not failed then return list end
    local rank, order, last = ranks(failed), {}, {}
    for _, route in ipairs(list) do
      local part = rank[route.account] and last or order
      part[#part + 1] = route
    end
    table.sort(last, function(a, b) return rank[a.account] < rank[b.account] end)
    for _, route in ipairs(last) do order[#order + 1] = route end
    return order
  end

  -- Whether one of the routes is on an account that a job has not failed on.
  function routes.any_untried(list, failed)
    local rank = ranks(failed)
    for _, route in ipairs(list) do
      if not rank[route.account] then return true end
    end
    return false
  end

  -- The most accounts that a job remembers: as many as a model has routes.
  local MOST = 16

  -- The accounts that a job has failed on, after it has failed on one more.
  function routes.add_failed(failed, account)
    local list = {}
    for other in string.gmatch(failed or "", "%S+") do
      if other ~= account then list[#list + 1] = other end
    end
    list[#list + 1] = account
    return table.concat(list, " ", math.max(1, #list - MOST + 1))
  end

  -- Jobs of a model need the accounts of all its routes. Those in a shared lane may need any account.
  local needs_itself = slices.needs
  function slices.needs(pool, account)
    if pool == routes.SHARED then return true end
    local list = routes.of(pool)
    if not list then return needs_itself(pool, account) end
    for _, route in ipairs(list) do
      if route.account == account then return true end
    end
    return false
  end
end
