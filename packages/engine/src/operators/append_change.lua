-- append_change: record a change before it is made, and remove the oldest changes.
-- KEYS     base, which is the stream
-- ARGV     now_ms, keep_ms, most, actor, action, subject, detail, most_events
-- RETURNS  {id}
-- REPEAT   not safe: it records the change twice
--
-- most_events is 0 for a change that somebody makes. Otherwise the change is an event that nobody made, and the log keeps
-- the newest most_events of these, so that they never push out what people did.
local base = KEYS[1]
local now_ms = tonumber(ARGV[1])
local keep_ms = tonumber(ARGV[2])
local most = ARGV[3]
local actor = ARGV[4]
local action = ARGV[5]
local subject = ARGV[6]
local detail = ARGV[7]
local most_events = tonumber(ARGV[8])
local fields = { "t", ARGV[1], "actor", actor, "action", action, "subject", subject, "detail", detail }
local function add(id) return redis.pcall("XADD", base, "MAXLEN", most, id, unpack(fields)) end

local id = add(ARGV[1] .. "-*")
-- If the clock was set back, Redis continues from the last id.
if id.err then id = add("*") end
if id.err then return redis.error_reply(id.err) end
redis.call("XTRIM", base, "MINID", string.format("%.0f", now_ms - keep_ms))
if most_events > 0 then
  local events = KEYS[1] .. ":events"
  redis.call("LPUSH", events, id)
  for _ = 1, redis.call("LLEN", events) - most_events do redis.call("XDEL", base, redis.call("RPOP", events)) end
end
return { id }
