-- portions: what a shard may use of the budget of a key, which holds over all queues. The key's home (exchange_portion) gives
-- each shard a portion of each limit, so that the portions together are never more than the limit. A shard starts an attempt
-- only within its portions, so the attempts of all shards are within the limit: at any time what counts in a shard's window
-- is at most its portion, or it was more when the portion became smaller, and the home counts it as long as it is.
--
-- mr:use:<key> has the portions (see R in stored-records.ts). A shard without portions has portions of 0. Its version changes
-- with each report to the home and each answer of it, so that no answer to an earlier report is applied.
--
-- Needs `rcall` and `numbers`.
-- TOUCHES
local portions = {}

-- The limits of which shards have portions, in the order of their amounts.
portions.names = { "requests", "tokens", "day", "running" }

-- The amounts in a text: "-" stands for none.
function portions.amounts(text)
  local amounts, at = {}, 0
  for word in string.gmatch(text or "", "[^,]+") do
    at = at + 1
    local name = portions.names[at]
    if name then amounts[name] = numbers.whole(word) end
  end
  return amounts
end

function portions.text_of(amounts)
  local words = {}
  for at, name in ipairs(portions.names) do
    words[at] = amounts[name] and string.format("%.0f", amounts[name]) or "-"
  end
  return table.concat(words, ",")
end

-- The portions that are stored as `text` (nil or false: none), with their version, and the time before which the home need not
-- be asked for more.
function portions.read(text)
  --- @record portion text
  local part = portions.amounts(amounts)
  part.version, part.ask_ms = numbers.whole(version) or 0, numbers.whole(ask) or 0
  return part
end

function portions.store(hash, part)
  rcall("HSET", hash, F.use_portion, string.format("%.0f %.0f %s", part.version, part.ask_ms, portions.text_of(part)))
end

-- The limits of a key in this shard: no more than its portions. `use` is what the key uses, as budgets.use_of returns it.
function portions.within(limits, use)
  if not limits.shared then return limits end
  -- A shard that has all of a key's budget, as where the key uses one queue, stores the same text as the limits have.
  limits.whole = limits.whole or " " .. portions.text_of(limits)
  if use.portion and string.sub(use.portion, -#limits.whole) == limits.whole then return limits end
  if use.within and use.within.of == limits then return use.within end
  use.part = use.part or portions.read(use.portion or "")
  local within = { of = limits }
  for _, name in ipairs(portions.names) do
    if limits[name] then within[name] = math.min(limits[name], use.part[name] or 0) end
  end
  use.within = within
  return within
end
