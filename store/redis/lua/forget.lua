-- needs: conv debts
-- forget removes everything of a conversation.
-- KEYS  1 conversation  2 due  3 open cases  4 closed cases  5 dead letters
-- ARGV  1 address  2 clock  3 and 4 what the keys of cases and of dead letters of this partition begin with; they are made here,
--       because only the conversation knows them, and lie in the same slot
-- RET   {"ok"}
load('k', 'k')
for _, p in ipairs(unshown()) do redis.call('ZREM', due, shownkey(p[1])) end
for _, f in ipairs(redis.call('HKEYS', conv)) do
  local kind, id = string.sub(f, 1, 1), string.sub(f, 2)
  if kind == 'C' then
    redis.call('DEL', ARGV[3] .. id)
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
  elseif kind == 'X' then
    redis.call('DEL', ARGV[4] .. id)
    redis.call('ZREM', KEYS[5], id)
  end
end
redis.call('DEL', conv)
redis.call('ZREM', due, 'm|' .. addr, 'd|' .. addr, 't|' .. addr)
return { 'ok' }
