-- json: reading JSON that may be none.
--
-- TOUCHES
local json = {}

-- The object or list that a text is, or an empty one: cjson.decode throws on what is no JSON to it, half of
-- a surrogate pair included.
function json.read(value)
  if not value then return {} end
  local ok, decoded = pcall(cjson.decode, value)
  return ok and type(decoded) == "table" and decoded or {}
end
