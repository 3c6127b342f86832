-- needs: conv mail
-- replay puts a dead letter back into its mailbox.
-- KEYS  1 conversation  2 due  3 dead letters  4 the dead letter
-- ARGV  1 address  2 clock  3 id of the dead letter  4 new delivery id  5 message
-- RET   {"ok"} | {"unknown"} | {"busy", limit}
if redis.call('EXISTS', KEYS[4]) == 0 then return { 'unknown' } end
load()
local m, limit = join(ARGV[4], ARGV[5], 0, 0)
if not m then return { 'busy', limit } end
wake()
drop('X' .. ARGV[3])
flush()
touch()
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[3], ARGV[3])
return { 'ok' }
