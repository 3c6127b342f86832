-- feed_withdraw takes a post back.
-- KEYS  1 feed, see feed_append
-- ARGV  1 key of the post  2 channel of bells  3 what to publish there
-- RET   1, or 0 when there was none
local feed = KEYS[1]
local n = redis.call('HGET', feed, 'k' .. ARGV[1])
if not n then return 0 end
local body = string.match(redis.call('HGET', feed, 'e' .. n), '^%d+|[^|]*|(.*)$')
local first, last, count, bytes, changes = string.match(redis.call('HGET', feed, 'q'), '^(%d+)|(%d+)|(%d+)|(%d+)|(%d+)$')
redis.call('HDEL', feed, 'k' .. ARGV[1], 'e' .. n)
redis.call('HSET', feed, 'q', string.format('%d|%d|%d|%d|%d', first, last, count - 1, bytes - #body, changes + 1))
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
