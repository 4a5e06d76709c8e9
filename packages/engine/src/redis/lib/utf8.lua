-- utf8: cutting text between characters. As packages/shared/src/text.ts does.
--
-- TOUCHES
local utf8 = {}

-- The beginning of a text, at most so many bytes.
function utf8.cut(value, bytes)
  if #value <= bytes then return value end
  -- A byte of 10xxxxxx goes on with a character: a cut before it would part that.
  while bytes > 0 do
    local after = string.byte(value, bytes + 1)
    if after < 128 or after > 191 then break end
    bytes = bytes - 1
  end
  return string.sub(value, 1, bytes)
end
