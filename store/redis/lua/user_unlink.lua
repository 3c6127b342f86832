-- user_unlink takes conversations out of the list of a user.
-- KEYS  1 user
-- ARGV  1… fields of the list
-- RET   {"ok"}
redis.call('HDEL', KEYS[1], unpack(ARGV))
return { 'ok' }
