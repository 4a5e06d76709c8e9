-- declared_accounts: read the accounts of the registry, without the circuits of webhook endpoints, of which there may be thousands.
-- KEYS     base, which is the hash
-- ARGV     circuits
-- RETURNS  {changes so far, account, …}
-- REPEAT   safe: it reads
--
-- circuits is what the names of circuits begin with. An account is JSON. changes is "0" if there was none.
local base = KEYS[1]
local circuits = ARGV[1]
local reply = { redis.call("HGET", base, F.account_registry_version) or "0" }
for _, name in ipairs(redis.call("HKEYS", base)) do
  if name ~= F.account_registry_version and string.sub(name, 1, #circuits) ~= circuits then reply[#reply + 1] = redis.call("HGET", base, name) end
end
return reply
