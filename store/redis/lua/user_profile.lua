-- needs: people
-- user_profile replaces what is known of a user.
-- KEYS  1 user  2 operations  3 ids
-- ARGV  1 clock  2 profile
-- RET   {"ok"}
redis.call('HSET', KEYS[1], 'p', ARGV[2])
heard()
return { 'ok' }
