-- needs: conv
-- case_note keeps a line that only seats see, at most 50 of them.
-- KEYS  1 conversation  2 due  3 case
-- ARGV  1 address  2 clock  3 line
-- RET   {"ok"} | {"unknown"}
local c = redis.call('HMGET', KEYS[3], 'state', 'notes')
if not c[1] then return { 'unknown' } end
local notes = c[2] and cjson.decode(c[2]) or {}
notes[#notes + 1] = ARGV[3]
if #notes > 50 then table.remove(notes, 1) end
redis.call('HSET', KEYS[3], 'notes', cjson.encode(notes))
return { 'ok' }
