-- needs: people
-- user_event keeps an operation of a user once.
-- KEYS  1 user  2 operations, newest first  3 ids
-- ARGV  1 clock  2 id  3 operation
-- RET   {"fresh"} | {"known", {operation…}} the last ones | {"busy"} too many ids came of late
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - KNOWN)
if redis.call('ZSCORE', KEYS[3], ARGV[2]) then return { 'known', redis.call('LRANGE', KEYS[2], 0, -1) } end
if redis.call('ZCARD', KEYS[3]) >= KNOWNIDS then return { 'busy' } end
redis.call('ZADD', KEYS[3], now, ARGV[2])
redis.call('LPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], 0, TRACE - 1)
heard()
return { 'fresh' }
