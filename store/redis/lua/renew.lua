-- needs: conv
-- renew extends the lease and shows what waits.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 token
-- RET   {"ok", message…} behind the claimed one | {"lost"}
load()
if S.l ~= ARGV[3] or not held() then return { 'lost' } end
S.e = now + LEASE
flush()
redis.call('ZADD', due, S.e, 'm|' .. addr)
local names, answer = {}, { 'ok' }
for i = S.mh + 1, S.mt do names[#names + 1] = 'm' .. i end
if #names > 0 then
  for _, m in ipairs(redis.call('HMGET', conv, unpack(names))) do
    local _, _, body = entry(m)
    answer[#answer + 1] = body
  end
end
return answer
