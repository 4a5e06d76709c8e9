-- costs: what the tokens of an attempt cost, exactly, in micro-dollars. spend/costs.ts is the same function for TypeScript.
--
-- Numbers are doubles, which are exact up to 2^53, but the product of tokens and a price may have 27 digits. So it is
-- computed in parts that stay exact. The remainder is taken by math.fmod: Lua's % divides, and is wrong near a whole quotient.
--
-- Needs `rcall`.
-- TOUCHES
--- @include "redis/lib/numbers"
local costs = { MOST = 9007199254740991 }

do
  local MILLION, HALF = 1000000, 500000

  -- What `tokens` cost at `price` micro-dollars a million: whole micro-dollars, and millionths of one. If the whole is more
  -- than costs.MOST it is not exact, but it is still more.
  local function product(tokens, price)
    local low_price, low_tokens = math.fmod(price, MILLION), math.fmod(tokens, MILLION)
    local low = low_tokens * low_price
    local rest = math.fmod(low, MILLION)
    local whole = tokens * ((price - low_price) / MILLION) + (tokens - low_tokens) / MILLION * low_price + (low - rest) / MILLION
    return whole, rest
  end

  local prices = {}
  -- A price as R.route has it: input, cached input and output; nil if there is none.
  function costs.read(text)
    local price = prices[text]
    if price == nil then
      local input, cached, output = string.match(text, "^(%d+),(%d+),(%d+)$")
      input, cached, output = numbers.whole(input), numbers.whole(cached), numbers.whole(output)
      price = input and cached and output and { input = input, cached = cached, output = output } or false
      prices[text] = price
    end
    return price or nil
  end

  -- The sum of two costs, at most costs.MOST.
  function costs.sum(one, other)
    return math.min(one + other, costs.MOST)
  end

  -- What an attempt costs. A half of a micro-dollar is rounded up. `cached` is a part of `input`.
  function costs.of(input, cached, output, price)
    cached = math.min(cached, input)
    local fresh, fresh_rest = product(input - cached, price.input)
    local again, again_rest = product(cached, price.cached)
    local written, written_rest = product(output, price.output)
    local rest = fresh_rest + again_rest + written_rest + HALF
    return math.min(fresh + again + written + (rest - math.fmod(rest, MILLION)) / MILLION, costs.MOST)
  end
end
