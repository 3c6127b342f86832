-- needs: conv
-- bury drops a dead letter.
-- KEYS  1 conversation  2 due  3 dead letters  4 the dead letter
-- ARGV  1 address  2 clock  3 id of the dead letter
-- RET   {"ok"} | {"unknown"}
if redis.call('DEL', KEYS[4]) == 0 then return { 'unknown' } end
redis.call('ZREM', KEYS[3], ARGV[3])
redis.call('HDEL', conv, 'X' .. ARGV[3])
return { 'ok' }
