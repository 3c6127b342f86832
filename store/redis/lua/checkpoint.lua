-- needs: conv
-- checkpoint keeps what a turn did outside until its commit.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 token  4 turn  5 checkpoint
-- RET   {"ok"} | {"lost"}
load()
if S.l ~= ARGV[3] or not held() then return { 'lost' } end
redis.call('HSET', conv, 'c', ARGV[4] .. '|' .. ARGV[5])
return { 'ok' }
