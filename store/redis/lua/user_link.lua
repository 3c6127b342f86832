-- needs: people
-- user_link notes a conversation in the list of a user. It counts once link_set says the same, by the same stamp.
-- KEYS  1 user  2 operations  3 ids
-- ARGV  1 clock  2 address  3 stamp
-- RET   {"ok"} | {"full"} others fill the list
local others, n = {}, 0
for _, f in ipairs(redis.call('HKEYS', KEYS[1])) do
  local a = string.match(f, '^l|[^|]*|(.*)$')
  if a and a ~= ARGV[2] and not others[a] then others[a] = true; n = n + 1 end
end
if n >= LINKS then return { 'full' } end
redis.call('HSET', KEYS[1], 'l|' .. ARGV[3] .. '|' .. ARGV[2], '')
heard()
return { 'ok' }
