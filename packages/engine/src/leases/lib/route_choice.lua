-- route_choice: chooses the route of a job of a model, and says which lanes of models a lease can serve.
--
-- A route is usable if the workers serve its account, and the account did not refuse the shard just now (`closed`). A lease takes
-- the first usable route in the job's order. If the shard's slice of that account is too small, the lease asks for another one;
-- a caller that does not get it adds the account to `closed` and leases again. So no account holds a job that another one
-- can serve, and a job does not leave its first route only because the slice is used up.
--
-- Jobs of all models share a lane. The first job may be one that cannot run now, while others behind it can. It is then put aside,
-- into a lane of its model, and its model's later jobs after it, until that lane is empty again.
--
-- Needs `base`, `rcall`, `now_ms`, `lanes`, `routes`, `slices` and `budgets`.
-- TOUCHES  mr:ready: (zset), mr:lane: (zset)
-- `cut_short` is true if a call has put aside as many jobs as it may.
local route_choice = { waits_for = {}, asked = {}, cut_short = false }

do
  local usable, serves_account = {}, nil
  -- Whether a class of a model may have jobs that were put aside.
  local any_aside = false

  -- The workers may not read all open classes, so some jobs may be aside.
  function route_choice.expect_aside()
    any_aside = true
  end

  -- `serves` says whether the workers serve an account; `closed` has one account on each line.
  function route_choice.begin(serves, closed)
    local is_closed = {}
    for account in string.gmatch(closed, "[^\n]+") do is_closed[account] = true end
    serves_account = function(account)
      local known = usable[account]
      if known == nil then
        known = serves(account) and (is_closed[account] and "closed" or "open") or false
        usable[account] = known
      end
      return known
    end
  end

  -- The account of the first usable route of a model, or false.
  local first_of = {}
  local function first_usable(list)
    if first_of[list] == nil then
      first_of[list] = false
      for _, route in ipairs(list) do
        if serves_account(route.account) == "open" then
          first_of[list] = route.account
          break
        end
      end
    end
    return first_of[list]
  end

  -- Notes the closed accounts for which jobs of a model wait.
  local function note_waits(list)
    for _, route in ipairs(list) do
      if serves_account(route.account) then route_choice.waits_for[route.account] = true end
    end
  end

  -- Whether jobs of any model may be leased.
  local shared_shut, shared_open = false, nil
  local function serves_shared()
    if shared_open == nil then
      shared_open = false
      for _, pool in ipairs(routes.pools()) do
        if first_usable(routes.of(pool)) then
          shared_open = true
          break
        end
      end
      if not shared_open then
        for _, pool in ipairs(routes.pools()) do note_waits(routes.of(pool)) end
      end
    end
    return shared_open and not shared_shut
  end

  -- Whether lanes may be leased that have this in the place of the pool: "=" and a model, or "=". If no route is usable because accounts are closed, they are noted in `waits_for`.
  -- If the slice of the first usable one is too small, its account is noted in `asked`, and the caller leases again.
  function route_choice.serves(pool)
    if pool == routes.SHARED then return serves_shared() end
    any_aside = true
    local list = routes.of(pool)
    local first = first_usable(list)
    if first and slices.wants[first] then route_choice.asked[first] = true end
    if first then return not slices.wants[first] end
    note_waits(list)
    return false
  end

  -- The most jobs that one call puts aside. More would occupy Redis for too long.
  local MOST_ASIDE = 500
  local aside = 0

  -- The routes of a job in the order in which it tries them; nil if it was put aside. `lane` and `line` are as in lanes.take,
  -- `named` is the job's stored lane, and `failed` has the accounts that it has failed on.
  function route_choice.routes_of(job_id, lane, line, named, failed)
    if lane.queue.pool ~= routes.SHARED then return routes.in_order(routes.of(lane.queue.pool), failed) end
    local pool = routes.pool_in(named)
    local list = routes.of(pool) or {}
    local blocked = not first_usable(list)
    if not blocked and not any_aside then return routes.in_order(list, failed) end
    local own = string.gsub(lane.queue.class, "^(%d|)=", function(band) return band .. pool end)
    if not blocked and not lanes.is_behind(lane, own, line) then return routes.in_order(list, failed) end
    if blocked then note_waits(list) end
    if aside == MOST_ASIDE then
      route_choice.cut_short = true
      return {}
    end
    aside, any_aside = aside + 1, true
    lanes.put_aside(job_id, lane, own)
    return nil
  end

  local function shut(job)
    if job.pool ~= routes.SHARED or shared_shut then return "shut" end
    shared_shut = true
    -- The jobs behind this one need other accounts. All slices that are over are asked for together.
    for _, pool in ipairs(routes.pools()) do
      local account = first_usable(routes.of(pool))
      local slice = account and slices.for_pool(account)
      if slice and slice.until_ms <= now_ms and slices.is_short(slice, job.tokens) then route_choice.asked[account] = true end
    end
    return "shut"
  end

  -- Chooses the route of a job, with its slice and what the job reserves of it. Returns "shut" if the job must wait.
  function route_choice.choose(job)
    for _, route in ipairs(job.routes) do
      if serves_account(route.account) == "open" then
        local slice, tokens = slices.for_pool(route.account), job.tokens
        if slice then
          tokens = slices.capped(slice, job.key, tokens, job.usual)
          if slices.is_short(slice, tokens) then
            route_choice.asked[route.account] = true
            return shut(job)
          end
        end
        job.route, job.slice, job.tokens, job.cost = route, slice, tokens, tokens / budgets.UNIT_TOKENS
        return nil
      end
    end
    return shut(job)
  end

  -- How many jobs wait for an account, up to `most`: the number that this call could have taken. `served` has the classes
  -- that the call served. The second value is 1 if jobs of models wait for it, which may then take another route.
  function route_choice.waiting(account, most, served)
    local asked = route_choice.asked[account] or false
    local found = asked and 1 or 0
    local function count(class)
      local keys = rcall("ZRANGE", base .. "mr:ready:" .. class, 0, most - 1)
      if found + #keys >= most then
        found = most
        return
      end
      for _, key in ipairs(keys) do
        found = math.min(most, found + rcall("ZCARD", base .. "mr:lane:" .. key .. "|" .. class))
        if found == most then return end
      end
    end
    for class in pairs(served) do
      local pool = string.match(class, "^%d|([^|]*)")
      local list = routes.of(pool)
      local waits = pool == account or list and first_usable(list) == account or asked and pool == routes.SHARED
      if found < most and waits then count(class) end
    end
    return found, asked and 1 or 0
  end
end
