-- json: reads text that may not be JSON.
--
-- TOUCHES
local json = {}

-- The object or list in a JSON text, or an empty table. cjson.decode throws on invalid JSON, which for it includes
-- half of a surrogate pair.
function json.read(value)
  if not value then return {} end
  local ok, decoded = pcall(cjson.decode, value)
  return ok and type(decoded) == "table" and decoded or {}
end
