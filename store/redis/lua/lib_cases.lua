-- lib_cases: the hash of a case: j the case as it was raised, addr, queue, state, priority, raised, seat, epoch, claimed, closed, reason,
-- notes, y its lines once it is closed.

-- lines are the lines of the conversation's last turns as one JSON array of "n|[lines]" strings, in any order.
local function lines()
  local names, all = {}, {}
  for i = 0, LINES - 1 do names[#names + 1] = 'y' .. i end
  for _, v in ipairs(redis.call('HMGET', conv, unpack(names))) do
    if v then all[#all + 1] = v end
  end
  return #all > 0 and cjson.encode(all) or ''
end

-- over closes a case and keeps its lines, which the conversation will forget.
local function over(key, cases, closed, id, reason)
  redis.call('HSET', key, 'state', 'closed', 'closed', now, 'reason', reason, 'epoch', fresh(), 'y', lines())
  redis.call('PEXPIRE', key, KEEPCLOSED)
  redis.call('ZREM', cases, id)
  redis.call('ZREMRANGEBYSCORE', closed, '-inf', now - KEEPCLOSED)
  redis.call('ZADD', closed, now, id)
end

-- signal owes a case signal to the case webhook; body is a chat.Signal.
local function signal(event, id, body)
  local list = debts()
  append(list, { { i = event .. ':' .. id .. ':' .. S.k, k = 'case', b = body, e = epoch(), u = now } }, S.mt)
  keepdebts(list)
  schedule(list)
end
