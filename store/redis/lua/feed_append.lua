-- feed_append adds a post to a conversation's feed, once.
-- KEYS  1 feed: field q is "first|last|count|bytes|changes", k<key> the number of a post, e<number> the post as "at|key|body"
-- ARGV  1 key of the post  2 at in ms  3 body  4 most posts  5 most bytes  6 ms until a feed that nobody adds to is forgotten
--       7 channel of bells  8 what to publish there
-- RET   1, or 0 when a post of this key was there
local feed, key = KEYS[1], ARGV[1]
if redis.call('HEXISTS', feed, 'k' .. key) == 1 then return 0 end
local q = redis.call('HGET', feed, 'q') or '1|0|0|0|0'
local first, last, count, bytes, changes = string.match(q, '^(%d+)|(%d+)|(%d+)|(%d+)|(%d+)$')
first, last, count, bytes = tonumber(first), last + 1, count + 1, bytes + #ARGV[3]
redis.call('HSET', feed, 'k' .. key, last, 'e' .. last, ARGV[2] .. '|' .. key .. '|' .. ARGV[3])
-- Posts that were taken back leave gaps, so the span is bounded too.
while count > tonumber(ARGV[4]) or bytes > tonumber(ARGV[5]) or last - first >= 2 * ARGV[4] do
  local e = redis.call('HGET', feed, 'e' .. first)
  if e then
    local k, body = string.match(e, '^%d+|([^|]*)|(.*)$')
    redis.call('HDEL', feed, 'e' .. first, 'k' .. k)
    count, bytes = count - 1, bytes - #body
  end
  first = first + 1
end
redis.call('HSET', feed, 'q', string.format('%d|%d|%d|%d|%d', first, last, count, bytes, changes + 1))
redis.call('PEXPIRE', feed, ARGV[6])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 1
