-- route_choice: chooses the route of a job of a model, and says which lanes of models a lease can serve.
--
-- A route is usable if the workers serve its account, and the account did not refuse the shard just now (`closed`). A lease takes
-- the first usable route in the job's order. If the shard's slice of that account is too small, the lease asks for another one;
-- a caller that does not get it adds the account to `closed` and leases again. So no account holds a job that another one
-- can serve, and a job does not leave its first route only because the slice is used up.
--
-- Needs `base`, `rcall`, `routes`, `slices`, `budgets`.
-- TOUCHES  mr:ready: (zset), mr:lane: (zset)
local route_choice = { waits_for = {}, asked = {} }

do
  local usable, serves_account = {}, nil

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

  -- Whether jobs of a model may be leased. If no route is usable because accounts are closed, they are noted in `waits_for`.
  -- If the slice of the first usable one is too small, its account is noted in `asked`, and the caller leases again.
  function route_choice.serves(list)
    local first = first_usable(list)
    if first and slices.wants[first] then route_choice.asked[first] = true end
    if first then return not slices.wants[first] end
    for _, route in ipairs(list) do
      if serves_account(route.account) then route_choice.waits_for[route.account] = true end
    end
    return false
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
            return "shut"
          end
        end
        job.route, job.slice, job.tokens, job.cost = route, slice, tokens, tokens / budgets.UNIT_TOKENS
        return nil
      end
    end
    return "shut"
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
      if found < most and (list and first_usable(list) == account or pool == account) then count(class) end
    end
    return found, asked and 1 or 0
  end
end
