-- needs: conv
-- late settles that an open delivery will not be answered passively.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 delivery id  4 its state then: "u" pushed or "k" kept
-- RET   {"done", state, passive replies} | {"unknown"}
local rec = redis.call('HGET', conv, 'i' .. ARGV[3])
if not rec then return { 'unknown' } end
if string.sub(rec, 1, 1) == 'o' then
  redis.call('HSET', conv, 'i' .. ARGV[3], ARGV[4] .. string.sub(rec, 2))
  return { 'done', ARGV[4], '' }
end
return known(ARGV[3], rec, false, false, 0)
