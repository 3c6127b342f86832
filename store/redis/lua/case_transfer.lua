-- needs: conv mail debts cases
-- case_transfer gives a case to another queue, where it waits again, or straight to another seat.
-- KEYS  1 conversation  2 due  3 case  4 open cases
-- ARGV  1 address  2 clock  3 case id  4 queue or ""  5 seat or ""  6 signal case.claimed
-- RET   {"ok"} | {"owned", seat} | {"closed"} | {"unknown"}
local id, queue, seat = ARGV[3], ARGV[4], ARGV[5]
local c = redis.call('HMGET', KEYS[3], 'state', 'claimed')
if not c[1] then return { 'unknown' } end
if c[1] == 'closed' then return { 'closed' } end
load()
local of, other = string.match(S.h or '', '^[^|]*|([^|]*)|(.*)$')
if of and of ~= id then return { 'owned', other } end
local e = fresh()
if seat ~= '' then
  S.h = e .. '|' .. id .. '|' .. seat
  put('h', S.h)
  redis.call('HSET', KEYS[3], 'state', 'held', 'seat', seat, 'epoch', e, 'claimed', c[2] or now)
  signal('case.claimed', id, ARGV[6])
else
  S.h = false
  drop('h')
  redis.call('HSET', KEYS[3], 'state', 'waiting', 'queue', queue, 'epoch', e)
  redis.call('HDEL', KEYS[3], 'seat', 'claimed')
end
redis.call('PEXPIRE', KEYS[3], KEEP)
flush()
touch()
return { 'ok' }
