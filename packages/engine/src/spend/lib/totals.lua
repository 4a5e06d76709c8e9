-- totals: what each key's settled attempts have cost in a shard, and how much of it was of jobs that are removed by now.
--
-- mr:spend has R.spend_total for each key that has had a billable attempt. A record that cannot be read counts as none.
--
-- Needs `rcall`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "spend/lib/costs"
local totals = {}

do
  local function parse(text)
    --- @record spend_total text
    return { micros = numbers.whole(micros) or 0, removed = numbers.whole(removed) or 0, day = numbers.whole(day) or 0 }
  end

  -- The totals of keys, a list in their order. `hash` is mr:spend of their shard.
  function totals.of(hash, keys)
    local list = rcall("HMGET", hash, unpack(keys))
    for i = 1, #keys do list[i] = parse(list[i] or "") end
    return list
  end

  -- The numbers have zeros in front: they make the text longer than 64 bytes, so that Redis keeps a hash table. In the compact form,
  -- which Redis searches from its start, settlements of a hundred keys would cost half as much again.
  function totals.text(total)
    return string.format("%022.0f %022.0f %022.0f", total.micros, total.removed, total.day)
  end

  -- What a job cost, by its usage (F.usage, false: none). Nil if no attempt had a price.
  function totals.cost_in(usage)
    return usage and numbers.whole(string.match(usage, '"' .. F.usage_cost .. '":(%d+)'))
  end

  -- Counts what jobs of a key cost that are removed.
  function totals.remove(hash, key, micros)
    local total = totals.of(hash, { key })[1]
    total.removed = costs.sum(total.removed, micros)
    rcall("HSET", hash, key, totals.text(total))
  end
end
