-- needs: conv mail
-- case_reply posts a seat's words into the mailbox of the case's conversation.
-- KEYS  1 conversation  2 due  3 case
-- ARGV  1 address  2 clock  3 case id  4 seat  5 delivery id  6 message
-- RET   {"ok"} | {"owned", seat} | {"closed"} | {"unknown"} | {"busy", limit}
local id = ARGV[3]
local c = redis.call('HMGET', KEYS[3], 'state', 'seat')
if not c[1] then return { 'unknown' } end
local _, rec = load('s', 'i' .. ARGV[5])
if c[1] == 'closed' then return { rec and 'ok' or 'closed' } end
if c[1] ~= 'held' or c[2] ~= ARGV[4] or string.match(S.h or '', '^[^|]*|([^|]*)|') ~= id then return { 'owned', c[2] or '' } end
if rec then return { 'ok' } end
if S.d and #cjson.decode(S.d) >= DEBTS then return { 'busy', 'debts' } end
local m, limit = join(ARGV[5], ARGV[6], 0, 0)
if not m then return { 'busy', limit } end
wake()
flush()
touch()
redis.call('PEXPIRE', KEYS[3], KEEP)
return { 'ok' }
