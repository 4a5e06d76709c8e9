-- read_time: read the time of the server that stores a key.
-- KEYS     base, which is the key
-- ARGV
-- RETURNS  {seconds, microseconds}
-- REPEAT   safe: it reads
return redis.call("TIME")
