-- window_sums: counting a window's buckets again. Part of `windows`, and included by scripts that mend.
--
-- Needs `rcall` and `numbers`.
-- TOUCHES
local window_sums = {}

-- Has the windows of a hash hold the sum of their buckets. Returns whether any did not.
function window_sums.mend(hash, letters)
  local flat, sums, says, mended = rcall("HGETALL", hash), {}, {}, false
  for i = 1, #flat, 2 do
    local letter, bucket = string.match(flat[i], "^(%l)(%d+)$")
    if letter then
      local of = sums[letter] or { sum = 0, first = math.huge, last = 0 }
      sums[letter] = of
      bucket = numbers.whole(bucket) or 0
      of.sum = of.sum + (numbers.whole(flat[i + 1]) or 0)
      of.first, of.last = math.min(of.first, bucket), math.max(of.last, bucket)
    end
    says[flat[i]] = numbers.whole(flat[i + 1])
  end
  for letter in string.gmatch(letters, "%l") do
    local of = sums[letter] or { sum = 0 }
    if of.sum ~= (says[letter .. F.window_sum] or 0) then
      rcall("HSET", hash, letter .. F.window_sum, of.sum, letter .. F.window_first, of.first or "", letter .. F.window_last, of.last or "")
      mended = true
    end
  end
  return mended
end
