-- take_out: remove entries from the outbox.
-- KEYS     base
-- ARGV     ; per entry: id
-- RETURNS  {"OK", removed}
-- REPEAT   safe
-- TOUCHES  mr:outbox (stream)
--
-- An id that is malformed names no entry.
local base = KEYS[1]
local rcall = redis.call
local removed = 0
for at = 0, #ARGV - 1 do
  local id = ARGV[at + 1]
  local gone = redis.pcall("XDEL", base .. "mr:outbox", id)
  if type(gone) == "number" then removed = removed + gone end
end
if rcall("XLEN", base .. "mr:outbox") == 0 then rcall("DEL", base .. "mr:outbox") end
return { "OK", removed }
