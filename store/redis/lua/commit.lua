-- needs: conv debts cases
-- commit keeps the outcome of a turn and hands over the next message, or frees the lease.
-- KEYS  1 conversation  2 due  3 ledger  4 counts of the hour  5 open cases  6 closed cases  7 dead letters
--       8… the hash of each case raised, then of each case recalled, then the key of the dead letter
-- ARGV  1 address  2 clock  3 delivery id  4 token  5 epoch judged under  6 session  7 passive replies as debts, or ""
--       8 letters: k park, r revive, d drop  9 ids carried, or ""  10 debts behind, or ""  11 debts instead, or ""
--       12 debts in any case, or ""  13 rare things as JSON, or "": unset, timers, cases, recall, dead  14 lines
--       15 number of ledger events  16… these, then names and numbers of counts, in turn
-- RET   {"ok", state, passive replies, next claim or nil} | {"lost"} | {"held", hold}
local id, token, session, passive, flags = ARGV[3], ARGV[4], ARGV[6], ARGV[7], ARGV[8]
local rec = load('i' .. id)
if not rec then return { 'lost' } end
local state, turn, redelivery, by, done = record(rec)
if done == token then
  local c = false
  if #S.z > #token + 1 and string.sub(S.z, 1, #token + 1) == token .. '|' then
    -- The claim that was handed over then, though it may be lost since: its holder learns that when it is used.
    S.l, S.b = string.sub(S.z, #token + 2), 1
    local t, _, body, st, till = head()
    c = describe(t, body, st, redis.call('HGET', conv, 's'), till)
  end
  return { 'ok', state, state == 'p' and redis.call('HGET', conv, 'r' .. id) or '', c }
end
if S.l ~= token or not held() then return { 'lost' } end
if epoch() ~= ARGV[5] then return { 'held', S.h or '' } end

-- Debts. The list is read only if something is owed or will be.
local list, changed = nil, false
local function owed() if not list then list = debts() end return list end
local quick = state == 'o' and passive ~= '' and by >= now
local carried = {}
if quick and ARGV[9] ~= '' then
  -- A debt that was paid or lent meanwhile must not be shown again, so that the answer cannot be passive any more.
  local free = {}
  for _, d in ipairs(owed()) do
    if (d.x or 0) <= now and (d.p or (d.u or 0) <= now) then free[d.i] = true end
  end
  for _, c in ipairs(cjson.decode(ARGV[9])) do
    carried[c] = true
    if not free[c] then quick = false end
  end
end
if (S.d or S.u) and string.find(flags, 'd', 1, true) then
  list, changed = left(owed()), true
end
local park = string.find(flags, 'k', 1, true) and true or false
local more
if quick then
  state, more = 'p', ARGV[10]
  if S.u and #S.u > 400 and S.mh % 16 == 0 then unshown() end -- most were shown long ago
  S.u = (S.u or '') .. unshownentry(id, S.mh)
  put('u', S.u)
  put('r' .. id, passive)
  redis.call('ZADD', due, by + redelivery, shownkey(id))
  if ARGV[9] ~= '' then
    local kept = {}
    for _, d in ipairs(owed()) do
      if not carried[d.i] then kept[#kept + 1] = d end
    end
    list, changed = kept, true
  end
  if S.d and follow(owed(), S.mh) then changed = true end
elseif state == 'o' and passive == '' and ARGV[11] == '' then
  state, more = 'n', ''
else
  if state == 'o' then state = park and 'k' or 'u' end
  more = ARGV[11]
end
if S.d and string.find(flags, 'r', 1, true) then
  for _, d in ipairs(owed()) do
    if d.p then d.p, d.u, changed = nil, now, true end
  end
end
for _, records in ipairs({ more, ARGV[12] }) do
  if records ~= '' then
    append(owed(), cjson.decode(records), S.mh, park)
    changed = true
  end
end
if changed then
  keepdebts(list)
  schedule(list)
end

-- Rare things.
if ARGV[13] ~= '' then
  local o, key = cjson.decode(ARGV[13]), 8
  if o.timers or o.unset then
    local gone, timers = {}, {}
    for _, n in ipairs(o.unset or {}) do gone[n] = true end
    for _, t in ipairs(o.timers or {}) do gone[t.n] = true end
    for _, t in ipairs(S.t and cjson.decode(S.t) or {}) do
      if not gone[t.n] then timers[#timers + 1] = t end
    end
    for _, t in ipairs(o.timers or {}) do timers[#timers + 1] = t end
    if #timers == 0 then
      if S.t then drop('t') end
      redis.call('ZREM', due, 't|' .. addr)
    else
      local first, last = timers[1].u, 0
      for _, t in ipairs(timers) do first, last = math.min(first, t.u), math.max(last, t.u) end
      put('t', cjson.encode(timers))
      redis.call('ZADD', due, first, 't|' .. addr)
      redis.call('PEXPIRE', conv, math.max(0, last - now) + KEEP)
    end
  end
  for _, c in ipairs(o.cases or {}) do
    redis.call('HSET', KEYS[key], 'j', c.j, 'addr', addr, 'queue', c.queue, 'state', c.seat and 'held' or 'waiting', 'priority', c.priority, 'raised', now)
    if c.seat then redis.call('HSET', KEYS[key], 'seat', c.seat, 'claimed', now) end
    redis.call('PEXPIRE', KEYS[key], KEEP)
    redis.call('ZADD', KEYS[5], now, c.id)
    remember(KEYS[key], KEYS[5], KEYS[6], c.id)
    key = key + 1
  end
  for _, c in ipairs(o.recall or {}) do
    local state = redis.call('HGET', KEYS[key], 'state')
    if state == 'waiting' then
      over(KEYS[key], KEYS[5], KEYS[6], c, 'recalled', '')
    elseif state == 'held' and string.match(S.h or '', '^[^|]*|([^|]*)|') ~= c then -- no seat of the house: the platform's own had it
      over(KEYS[key], KEYS[5], KEYS[6], c, 'native', lines())
    end
    key = key + 1
  end
  if o.dead then
    redis.call('SET', KEYS[key], o.dead.j, 'PX', KEEP)
    redis.call('ZADD', KEYS[7], now, o.dead.id)
    redis.call('ZREMRANGEBYRANK', KEYS[7], 0, -DEADS - 1)
    put('X' .. o.dead.id, 1)
  end
end

-- The turn itself.
S.y = S.y + 1
if ARGV[14] ~= '' then put('y' .. (S.y % LINES), S.y .. '|' .. ARGV[14]) else drop('y' .. (S.y % LINES)) end
put('s', session)
put('i' .. id, written(state, turn, redelivery, by, token))
drop('m' .. S.mh)
if S.c then drop('c') S.c = false end
S.mh, S.b = S.mh + 1, 0
local c = false
if S.mt >= S.mh then
  c = claim(session)
  S.z = token .. '|' .. S.l
else
  S.l, S.e, S.b, S.z = '', 0, 0, ''
  redis.call('ZREM', due, 'm|' .. addr)
end
flush()
local n = tonumber(ARGV[15])
for i = 16, 15 + n do redis.call('XADD', KEYS[3], 'MAXLEN', '~', LEDGER, '*', 'a', whose(), 'e', ARGV[i]) end
for i = 16 + n, #ARGV, 2 do
  -- Names of what is learned come of what people send: when the hour is full of them, only those that are there count on.
  if string.sub(ARGV[i], 1, 2) ~= LEARNED or redis.call('HLEN', KEYS[4]) < NAMES or redis.call('HEXISTS', KEYS[4], ARGV[i]) == 1 then
    local sum = redis.call('HINCRBY', KEYS[4], ARGV[i], ARGV[i + 1])
    if sum == tonumber(ARGV[i + 1]) then redis.call('PEXPIRE', KEYS[4], KEEPCOUNTS) end -- the first of this hour
  end
end
return { 'ok', state, '', c } -- who commits for the first time has the replies
