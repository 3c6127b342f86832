-- feed_read reads the last posts behind one.
-- KEYS  1 feed, see feed_append
-- ARGV  1 key of the post behind which to read; "" all  2 most posts
-- RET   {1 if that post is there, post …}, each "at|key|body", newest first
local feed, out = KEYS[1], { 0 }
local first, last = string.match(redis.call('HGET', feed, 'q') or '1|0', '^(%d+)|(%d+)')
if not first then return out end
local after = ARGV[1] ~= '' and redis.call('HGET', feed, 'k' .. ARGV[1])
if after then out[1], first = 1, after + 1 end
for n = tonumber(last), tonumber(first), -1 do
  if #out > tonumber(ARGV[2]) then break end
  local e = redis.call('HGET', feed, 'e' .. n)
  if e then out[#out + 1] = e end
end
return out
