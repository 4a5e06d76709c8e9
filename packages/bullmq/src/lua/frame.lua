-- frame: defines `bullmq`, which runs one of BullMQ's scripts with groups in place of its list `wait` and its set `prioritized`. KEYS, ARGV and the
-- reply are that script's. A command on these two keys that no script of BullMQ 6.7 uses is an error, so that a new release of
-- BullMQ cannot bypass the groups unnoticed. Commands that cannot concern the groups go to Redis by `direct` (scripts.ts).
--- @include "groups"
local direct = rcall

-- The names and the queues of keys that have a view.
local name_of, base_of = {}, {}

-- Every function that a script defines costs time in each call, so what few scripts need is defined when it is needed.
local function rarely(name, ...)
--- @include "lists"
  rarely = function(called, ...) return commands[called](...) end
  return rarely(name, ...)
end

local function view(name, base, command, key, ...)
  if name == "wait" then
    if command == "RPOPLPUSH" then
      local job_id = groups.take(base)
      if not job_id then return false end
      rcall("LPUSH", (...), job_id)
      return job_id
    end
    if command == "LPUSH" or command == "RPUSH" then
      local job_ids = { ... }
      for i = 1, #job_ids do groups.put(base, job_ids[i], 0, command == "RPUSH") end
      return nil
    end
    if command == "LLEN" then return groups.count(base, false) end
    -- BullMQ looks for markers that its old versions kept among the jobs. Groups have none.
    if command == "LINDEX" then return false end
  elseif name == "prioritized" then
    if command == "ZADD" then
      local score, job_id = ...
      local low = score % RUN
      return groups.put(base, job_id, (score - low) / RUN, low == 0)
    end
    if command == "ZCARD" then return groups.count(base, true) end
    -- BullMQ asks here when `wait` had nothing, and that takes from both.
    if command == "ZPOPMIN" then return {} end
  elseif name == "active" then
    local reply = rcall(command, key, ...)
    if command == "LREM" and reply > 0 and flags(base).counts then
      local _, job_id = ...
      -- BullMQ puts "" in the place of jobs that it deletes.
      if job_id == "" then more().recount(base) else more().leave(base, job_id) end
    end
    return reply
  else
    local score, member = ...
    -- BullMQ tells workers by the marker "1" when the next delayed job is due. A held group may be due earlier.
    if command == "ZADD" and member == "1" and flags(base).rates then
      return rcall(command, key, math.min(score, more().next_release(base) or score), member)
    end
    return rcall(command, key, ...)
  end
  return rarely("listed", name, base, command, key, ...)
end

local function find(key)
  local base, name = string.match(key, "^(.*:)(%a+)$")
  name = (name == "wait" or name == "prioritized" or name == "active" or name == "marker") and name
  name_of[key], base_of[key] = name, base
  return name
end

-- The last letters of the names that have a view.
local LETTER_T = 116
local LETTER_D = 100
local LETTER_E = 101
local LETTER_R = 114

local function call(command, key, ...)
  local last = string.byte(key, -1)
  if last == LETTER_T or last == LETTER_D or last == LETTER_E or last == LETTER_R then
    local name = name_of[key]
    if name == nil then name = find(key) end
    if name then return view(name, base_of[key], command, key, ...) end
  end
  if command == "HMSET" and (...) == "name" then return rarely("store", key, ...) end
  if command == "DEL" and (...) then return rarely("delete", key, ...) end
  return rcall(command, key, ...)
end

local framed_redis = { call = call, pcall = redis.pcall, error_reply = redis.error_reply }

local function bullmq(KEYS, ARGV)
local redis = framed_redis
--- @bullmq
end
