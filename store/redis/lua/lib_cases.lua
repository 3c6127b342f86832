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

-- remember notes in field C which cases the conversation has, by id, the one that was noted first in front. Those that are gone are
-- left out; beyond CASES the one that was closed first goes, or the first that no seat holds. key is the case's hash; those of the others lie beside it.
local function remember(key, cases, closed, id)
  local before, ids, gone = string.sub(key, 1, -#id - 1), {}, {}
  for other in string.gmatch(pending.C or redis.call('HGET', conv, 'C') or '', '%S+') do
    if other ~= id and redis.call('EXISTS', before .. other) == 1 then ids[#ids + 1] = other end
  end
  ids[#ids + 1] = id
  while #ids > CASES do
    local first, least = 1, false
    if string.match(S.h or '', '^[^|]*|([^|]*)|') == ids[1] then first = 2 end
    for i, other in ipairs(ids) do
      local at = tonumber(redis.call('HGET', before .. other, 'closed') or nil)
      if at and (not least or at < least) then first, least = i, at end
    end
    redis.call('DEL', before .. ids[first])
    redis.call('ZREM', cases, ids[first])
    redis.call('ZREM', closed, ids[first])
    table.remove(ids, first)
  end
  put('C', table.concat(ids, ' '))
end

-- over closes a case and keeps these lines with it, which the conversation will forget.
local function over(key, cases, closed, id, reason, said)
  redis.call('HSET', key, 'state', 'closed', 'closed', now, 'reason', reason, 'epoch', fresh(), 'y', said)
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
