-- drop removes a key of the vault if it has this value.
-- KEYS  1 key
-- ARGV  1 value
-- RET   1 if it was removed
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
