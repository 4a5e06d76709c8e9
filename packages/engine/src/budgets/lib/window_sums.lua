-- window_sums: counts the buckets of windows again. Part of `windows`, and included by scripts that repair.
--
-- Needs `rcall` and `numbers`.
-- TOUCHES
local window_sums = {}

-- Sets the sum of each window in a hash to the sum of its buckets. Returns whether any sum was wrong.
function window_sums.repair(hash, letters)
  local flat, sums, stored, repaired = rcall("HGETALL", hash), {}, {}, false
  for i = 1, #flat, 2 do
    local letter, bucket = string.match(flat[i], "^(%l)(%d+)$")
    if letter then
      local total = sums[letter] or { sum = 0, first = math.huge, last = 0 }
      sums[letter] = total
      bucket = numbers.whole(bucket) or 0
      total.sum = total.sum + (numbers.whole(flat[i + 1]) or 0)
      total.first, total.last = math.min(total.first, bucket), math.max(total.last, bucket)
    end
    stored[flat[i]] = numbers.whole(flat[i + 1])
  end
  for letter in string.gmatch(letters, "%l") do
    local total = sums[letter] or { sum = 0 }
    if total.sum ~= (stored[letter .. F.window_sum] or 0) then
      rcall("HSET", hash, letter .. F.window_sum, total.sum, letter .. F.window_first, total.first or "", letter .. F.window_last, total.last or "")
      repaired = true
    end
  end
  return repaired
end
