-- needs: conv
-- release gives a claim back unjudged; it does not count as an attempt.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 token
-- RET   {"ok"} | {"lost"}
local v = redis.call('HMGET', conv, 'l', 'e', 'b')
if v[1] ~= ARGV[3] or tonumber(v[2]) <= now then return { 'lost' } end
redis.call('HSET', conv, 'l', '', 'e', 0, 'b', math.max(0, v[3] - 1))
redis.call('ZADD', due, now, 'm|' .. addr)
return { 'ok' }
