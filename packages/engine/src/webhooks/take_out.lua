-- take_out: remove entries from the outbox, or from a list of entries that were set aside, and set entries aside.
-- KEYS     base
-- ARGV     now_ms, list, due_ms; per entry: id, key, bytes, to
-- RETURNS  {"OK", removed}
-- REPEAT   safe
-- TOUCHES  mr:outbox (stream), mr:outbox-aside: (stream), mr:outbox-aside (zset)
--
-- list is "" for the outbox itself. An entry is removed, and its bytes no longer count for its key; or, with `to`, it is set
-- aside in that list, and still counts. An entry of a list whose `to` is the same list stays. list is tried again at due_ms; so is
-- a list that is new. An id that is malformed, or whose entry is gone, names no entry.
local base = KEYS[1]
local rcall = redis.call
--- @include "redis/lib/numbers"
--- @include "jobs/lib/stored"
local now_ms = numbers.given(ARGV[1], "now_ms")
local list = ARGV[2]
local due_ms = numbers.given(ARGV[3], "due_ms")
local stream = list == "" and base .. "mr:outbox" or base .. "mr:outbox-aside:" .. list

local function remove(id)
  local gone = redis.pcall("XDEL", stream, id)
  return type(gone) == "number" and gone == 1
end

-- An id that no entry of the shard has had, later than all of them. The stream of the outbox makes it: it is never deleted, not
-- even when it is empty, so its ids rise although the clock may be set back. So an id always names one entry, and a
-- scheduler that is late removes no other.
local function new_id()
  local id = rcall("XADD", base .. "mr:outbox", "*", "", "")
  rcall("XDEL", base .. "mr:outbox", id)
  return id
end

local function set_aside(id, to)
  local found = redis.pcall("XRANGE", stream, id, id)
  local fields = not found.err and found[1] and found[1][2]
  if not fields or not remove(id) then return end
  if list == "" then
    fields[#fields + 1] = F.outbox_aside_ms
    fields[#fields + 1] = string.format("%.0f", now_ms)
  end
  rcall("XADD", base .. "mr:outbox-aside:" .. to, new_id(), unpack(fields))
  rcall("ZADD", base .. "mr:outbox-aside", "NX", string.format("%.0f", due_ms), to)
end

local removed = 0
for at = 3, #ARGV - 1, 4 do
  local id = ARGV[at + 1]
  local key = ARGV[at + 2]
  local bytes = ARGV[at + 3]
  local to = ARGV[at + 4]
  if to == "" then
    if remove(id) then
      removed = removed + 1
      stored.add_to_key(key, -(numbers.whole(bytes) or 0))
    end
  elseif to ~= list then
    set_aside(id, to)
  end
end
if list ~= "" then
  if rcall("XLEN", stream) == 0 then
    rcall("DEL", stream)
    rcall("ZREM", base .. "mr:outbox-aside", list)
  else
    rcall("ZADD", base .. "mr:outbox-aside", string.format("%.0f", due_ms), list)
  end
end
stored.flush()
return { "OK", removed }
