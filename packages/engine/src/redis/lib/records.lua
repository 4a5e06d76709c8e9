-- records: reads fields that hold several words, by the names of the words.
--
-- Needs nothing.
-- TOUCHES
local records = { patterns = {} }

-- A record by the names of its words (R in stored-names.ts). The last word may contain spaces. Nil if the text is invalid.
function records.read(names, text)
  local pattern = records.patterns[#names]
  if not pattern then
    pattern = "^" .. string.rep("(%S+) ", #names - 1) .. "(.+)$"
    records.patterns[#names] = pattern
  end
  local words = { string.match(text, pattern) }
  if not words[1] then return nil end
  local record = {}
  for i, name in ipairs(names) do record[name] = words[i] end
  return record
end
