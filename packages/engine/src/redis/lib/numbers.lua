-- numbers: stored and sent numbers, read and counted on so that garbage is no number, and never an error:
-- a script that throws after its first write has written.
--
-- Needs `rcall`.
-- TOUCHES
local numbers = {}

-- 2^53: up to there a number is exact.
local MOST = 9007199254740992

-- A whole number, or nil.
function numbers.whole(value)
  local number = tonumber(value)
  if number and number % 1 == 0 and number <= MOST and number >= -MOST then return number end
end

-- A number that is neither infinite nor none, or nil.
function numbers.finite(value)
  local number = tonumber(value)
  if number and number - number == 0 then return number end
end

-- What a caller has sent as a whole number. It throws, so before the first write.
function numbers.given(value, name)
  return numbers.whole(value) or error(name .. " is no whole number")
end

-- As INCRBY, but what is no number counts from 0.
function numbers.add(key, by)
  local sum = redis.pcall("INCRBY", key, by)
  if type(sum) == "number" then return sum end
  rcall("SET", key, by)
  return by
end

-- As HINCRBY, but what is no number counts from 0.
function numbers.add_field(hash, field, by)
  local sum = redis.pcall("HINCRBY", hash, field, by)
  if type(sum) == "number" then return sum end
  rcall("HSET", hash, field, by)
  return by
end
