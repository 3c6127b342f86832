-- link_set says whose a conversation is.
-- KEYS  1 link
-- ARGV  1 "<stamp> <user>"  2 milliseconds for which it is kept
-- RET   {"ok", what it said before or ""}
local was = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 'ok', was or '' }
