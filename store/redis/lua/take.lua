-- needs: conv mail debts
-- take does what is due in one conversation and claims the head of its mailbox if nobody holds it.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock
-- RET   {"claim", claim} | {"none"}
if redis.call('EXISTS', conv) == 0 then
  -- It expired: its places in the index are all that is left of it.
  redis.call('ZREM', due, 'm|' .. addr, 'd|' .. addr, 'b|' .. addr, 't|' .. addr)
  local mine = shownkey('')
  for _, m in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, 1000)) do
    if string.sub(m, 1, #mine) == mine then redis.call('ZREM', due, m) end
  end
  return { 'none' }
end
local s = load('s')
if S.t then
  local left, first = {}, 0
  local timers = cjson.decode(S.t)
  table.sort(timers, function(a, b) return a.u < b.u end)
  for _, t in ipairs(timers) do
    if t.u > now then
      left[#left + 1] = t
      if first == 0 or t.u < first then first = t.u end
    elseif redis.call('HEXISTS', conv, 'i' .. t.i) == 0 and not join(t.i, t.b, 0, 0) then
      left[#left + 1] = t -- the mailbox is full: try again in a second
      if first == 0 or now + 1000 < first then first = now + 1000 end
    end
  end
  if #left == 0 then
    drop('t')
    redis.call('ZREM', due, 't|' .. addr)
  else
    put('t', cjson.encode(left))
    redis.call('ZADD', due, first, 't|' .. addr)
  end
else
  redis.call('ZREM', due, 't|' .. addr)
end
if S.u then
  local list = debts()
  if ripen(list) then
    keepdebts(list)
    schedule(list)
  end
end
flush() -- what joined must be there before it is claimed
local c
if S.mt < S.mh then
  redis.call('ZREM', due, 'm|' .. addr)
elseif held() then
  redis.call('ZADD', due, S.e, 'm|' .. addr)
else
  c = claim(s)
end
flush()
if c then return { 'claim', c } end
return { 'none' }
