-- utf8: cuts text between characters, as packages/shared/src/text.ts does.
--
-- TOUCHES
local utf8 = {}

-- The beginning of a text, up to a number of bytes.
function utf8.cut(value, bytes)
  if #value <= bytes then return value end
  -- A byte of the form 10xxxxxx continues a character, so a cut before it would split the character.
  while bytes > 0 do
    local after = string.byte(value, bytes + 1)
    if after < 128 or after > 191 then break end
    bytes = bytes - 1
  end
  return string.sub(value, 1, bytes)
end
