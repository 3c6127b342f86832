-- needs: conv
-- renew extends the lease and shows what waits.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 token
-- RET   {"ok", message…} behind the claimed one | {"lost"}
local v = redis.call('HMGET', conv, 'l', 'e', 'mh', 'mt')
if v[1] ~= ARGV[3] or tonumber(v[2]) <= now then return { 'lost' } end
redis.call('HSET', conv, 'e', now + LEASE)
redis.call('ZADD', due, now + LEASE, 'm|' .. addr)
local names, answer = {}, { 'ok' }
for i = (v[3] or 1) + 1, v[4] do names[#names + 1] = 'm' .. i end
if #names > 0 then
  for _, m in ipairs(redis.call('HMGET', conv, unpack(names))) do
    local _, _, body = entry(m)
    answer[#answer + 1] = body
  end
end
return answer
