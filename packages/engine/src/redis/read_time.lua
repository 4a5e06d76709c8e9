-- read_time: the time of the server that keeps a key.
-- KEYS     base, which is the key
-- ARGV
-- RETURNS  {seconds, microseconds}
-- REPEAT   safe: it reads
return redis.call("TIME")
