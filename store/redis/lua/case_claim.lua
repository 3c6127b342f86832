-- needs: conv mail debts cases
-- case_claim gives a waiting case to a seat; the hold of its conversation begins.
-- KEYS  1 conversation  2 due  3 case
-- ARGV  1 address  2 clock  3 case id  4 seat  5 signal case.claimed
-- RET   {"ok"} | {"owned", seat} | {"closed"} | {"unknown"}
local id, seat = ARGV[3], ARGV[4]
local c = redis.call('HMGET', KEYS[3], 'state', 'seat')
if not c[1] then return { 'unknown' } end
if c[1] == 'closed' then return { 'closed' } end
if c[1] == 'held' then
  if c[2] == seat then return { 'ok' } end
  return { 'owned', c[2] }
end
load()
if S.h then
  local _, other = string.match(S.h, '^[^|]*|([^|]*)|(.*)$')
  return { 'owned', other }
end
local e = fresh()
S.h = e .. '|' .. id .. '|' .. seat
put('h', S.h)
redis.call('HSET', KEYS[3], 'state', 'held', 'seat', seat, 'epoch', e, 'claimed', now)
redis.call('PEXPIRE', KEYS[3], KEEP)
signal('case.claimed', id, ARGV[5])
flush()
touch()
return { 'ok' }
