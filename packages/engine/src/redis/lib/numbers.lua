-- numbers: reads and adds numbers so that an invalid stored value never raises an error: if a script throws after its
-- first write, what it wrote before stays.
--
-- Needs `rcall`.
-- TOUCHES
local numbers = {}

-- 2^53: whole numbers up to it are exact.
local MOST = 9007199254740992

-- A whole number, or nil.
function numbers.whole(value)
  local number = tonumber(value)
  if number and number % 1 == 0 and number <= MOST and number >= -MOST then return number end
end

-- A number that is neither infinite nor NaN, or nil.
function numbers.finite(value)
  local number = tonumber(value)
  if number and number - number == 0 then return number end
end

-- A whole number that the caller must have sent. It throws otherwise, so scripts call it before the first write.
function numbers.given(value, name)
  return numbers.whole(value) or error(name .. " must be a whole number")
end

-- As INCRBY, but an invalid stored value counts as 0.
function numbers.add(key, by)
  local sum = redis.pcall("INCRBY", key, by)
  if type(sum) == "number" then return sum end
  rcall("SET", key, by)
  return by
end

-- As HINCRBY, but an invalid stored value counts as 0.
function numbers.add_field(hash, field, by)
  local sum = redis.pcall("HINCRBY", hash, field, by)
  if type(sum) == "number" then return sum end
  rcall("HSET", hash, field, by)
  return by
end
