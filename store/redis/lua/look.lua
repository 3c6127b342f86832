-- needs: conv
-- look shows a conversation.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock
-- RET   {"ok", clock, field, value, …} | {"unknown"}
local all = redis.call('HGETALL', conv)
if #all == 0 then return { 'unknown' } end
local answer = { 'ok', now }
for i, v in ipairs(all) do answer[i + 2] = v end
return answer
