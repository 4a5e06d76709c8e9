-- append_change: record a change before it is made, and remove the oldest changes.
-- KEYS     base, which is the stream
-- ARGV     now_ms, keep_ms, most, actor, action, subject, detail
-- RETURNS  {id}
-- REPEAT   not safe: it records the change twice
local base = KEYS[1]
local now_ms = tonumber(ARGV[1])
local keep_ms = tonumber(ARGV[2])
local most = ARGV[3]
local actor = ARGV[4]
local action = ARGV[5]
local subject = ARGV[6]
local detail = ARGV[7]
local fields = { "t", ARGV[1], "actor", actor, "action", action, "subject", subject, "detail", detail }
local function add(id) return redis.pcall("XADD", base, "MAXLEN", most, id, unpack(fields)) end

local id = add(ARGV[1] .. "-*")
-- If the clock was set back, Redis continues from the last id.
if id.err then id = add("*") end
if id.err then return redis.error_reply(id.err) end
redis.call("XTRIM", base, "MINID", string.format("%.0f", now_ms - keep_ms))
return { id }
