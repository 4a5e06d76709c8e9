-- usages: what attempts spent. A usage is JSON with a whole number for each member, and a text for F.usage_model. F.usage_*
-- names the members; a script names only those that it decides by, and adds up the others as it finds them.
--
-- Needs `rcall`.
-- TOUCHES
--- @include "redis/lib/numbers"
local usages = {}

-- The members of a usage, or nil if the text is not a usage.
function usages.parse(text)
  if not text or string.byte(text) ~= 123 then return nil end
  local ok, usage = pcall(cjson.decode, text)
  if not ok then return nil end
  for name, amount in pairs(usage) do
    if name == F.usage_model then
      if type(amount) ~= "string" then return nil end
    elseif type(amount) ~= "number" or amount < 0 or not numbers.whole(amount) then
      return nil
    end
  end
  return usage
end

-- Earlier versions stored "input,output,calls", with ",compute_ms" if any was measured.
local function parse_former(text)
  local input, output, calls, compute_ms = string.match(text or "", "^(%d+),(%d+),(%d+),?(%d*)$")
  return input and { [F.usage_input_tokens] = tonumber(input), [F.usage_output_tokens] = tonumber(output),
    [F.usage_provider_calls] = tonumber(calls), [F.usage_compute_ms] = tonumber(compute_ms) }
end

function usages.tokens(usage)
  return (usage[F.usage_input_tokens] or 0) + (usage[F.usage_output_tokens] or 0)
end

-- The largest whole number that is counted: doubles hold it exactly.
local MOST_AMOUNT = 9007199254740991

-- The text of the sum of a stored usage and of another one, whose own text is `text`. cjson would write 14 digits of a number.
function usages.add(before, usage, text)
  local sum = usages.parse(before) or parse_former(before)
  if not sum then return text end
  for name, amount in pairs(usage) do
    sum[name] = name == F.usage_model and amount or math.min((sum[name] or 0) + amount, MOST_AMOUNT)
  end
  local members = {}
  for name, amount in pairs(sum) do
    members[#members + 1] = cjson.encode(name) .. ":" .. (name == F.usage_model and cjson.encode(amount) or string.format("%.0f", amount))
  end
  return "{" .. table.concat(members, ",") .. "}"
end
