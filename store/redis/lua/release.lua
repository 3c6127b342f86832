-- needs: conv
-- release gives a claim back unjudged; it does not count as an attempt.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 token
-- RET   {"ok"} | {"lost"}
load()
if S.l ~= ARGV[3] or not held() then return { 'lost' } end
S.l, S.e, S.b = '', 0, math.max(0, S.b - 1)
flush()
redis.call('ZADD', due, now, 'm|' .. addr)
return { 'ok' }
