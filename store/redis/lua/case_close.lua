-- needs: conv mail debts cases
-- case_close ends a case and its hold and posts a chat.Closed message.
-- KEYS  1 conversation  2 due  3 case  4 open cases  5 closed cases
-- ARGV  1 address  2 clock  3 case id  4 reason  5 signal case.closed  6 delivery id  7 message
-- RET   {"ok"} | {"unknown"}
local id = ARGV[3]
local state = redis.call('HGET', KEYS[3], 'state')
if not state then return { 'unknown' } end
if state == 'closed' then return { 'ok' } end
local _, rec = load('s', 'i' .. ARGV[6])
over(KEYS[3], KEYS[4], KEYS[5], id, ARGV[4], lines())
if S.h and string.match(S.h, '^[^|]*|([^|]*)|') == id then
  S.h = false
  drop('h')
end
remember(KEYS[3], KEYS[4], KEYS[5], id)
signal('case.closed', id, ARGV[5])
if not rec then
  join(ARGV[6], ARGV[7], 0, 0, true, true)
  wake()
end
flush()
touch()
return { 'ok' }
