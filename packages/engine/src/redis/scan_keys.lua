-- scan_keys: read some names of keys on the server that stores a shard.
-- KEYS     base
-- ARGV     cursor, pattern, count
-- RETURNS  {next cursor, names}
-- REPEAT   safe: it reads
local base = KEYS[1]
local cursor = ARGV[1]
local pattern = ARGV[2]
local count = ARGV[3]
return redis.call("SCAN", cursor, "MATCH", pattern, "COUNT", count)
