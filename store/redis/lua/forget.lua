-- needs: conv debts
-- forget removes everything of a conversation.
-- KEYS  1 conversation  2 due  3 open cases  4 closed cases  5 dead letters  6 ledger  7 feed
-- ARGV  1 address  2 clock  3 and 4 what the keys of cases and of dead letters of this partition begin with; they are made here,
--       because only the conversation knows them, and lie in the same slot  5 channel of bells  6 what to publish there
-- RET   {"ok"}
load()
for _, p in ipairs(unshown()) do redis.call('ZREM', due, shownkey(p[1])) end
for id in string.gmatch(redis.call('HGET', conv, 'C') or '', '%S+') do
  redis.call('DEL', ARGV[3] .. id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('ZREM', KEYS[4], id)
end
for _, f in ipairs(redis.call('HKEYS', conv)) do
  if string.sub(f, 1, 1) == 'X' then
    local id = string.sub(f, 2)
    redis.call('DEL', ARGV[4] .. id)
    redis.call('ZREM', KEYS[5], id)
  end
end
local from, mine = '-', whose()
repeat
  local some, gone = redis.call('XRANGE', KEYS[6], from, '+', 'COUNT', 500), {}
  for _, e in ipairs(some) do
    for i = 1, #e[2], 2 do
      if e[2][i] == 'a' and e[2][i + 1] == mine then gone[#gone + 1] = e[1] end
    end
    from = '(' .. e[1]
  end
  if #gone > 0 then redis.call('XDEL', KEYS[6], unpack(gone)) end
until #some < 500
redis.call('DEL', conv, KEYS[7])
redis.call('ZREM', due, 'm|' .. addr, 'd|' .. addr, 'b|' .. addr, 't|' .. addr)
redis.call('PUBLISH', ARGV[5], ARGV[6])
return { 'ok' }
