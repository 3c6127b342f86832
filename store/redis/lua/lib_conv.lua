-- lib_conv: the clock, the fields of a conversation and the claim. Every script of a conversation begins with it.
-- KEYS[1] the conversation's hash, KEYS[2] the due index of its partition; ARGV[1] the written address, ARGV[2] milliseconds by which
-- tests move the clock ("0"). The constants LEASE, MAILBOX, KEPT, ALLIDS, REDELIVERY, DEBTS, LINES, KEEP, KEEPCLOSED, KEEPCOUNTS, DEADS,
-- LEDGER, LONG, LONGIDS, CASES and JITTER are written before it by script.go; times are in milliseconds.
-- Numbers above 2^53/10 are kept as strings: Lua's ".." writes 14 digits only.
local conv, due, addr = KEYS[1], KEYS[2], ARGV[1]
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2] + ARGV[2] * 1000
local now = math.floor(micros / 1000)

local S = {}
local pending = {}
local function put(f, v) pending[f] = v end
local function drop(f) pending[f] = false end
-- flush writes what was put and dropped, and the numbers of S.
local function flush()
  local q = string.format('%s|%s|%.0f|%d|%d|%d|%d|%d|%d|%d|%s', S.k, S.l, S.e, S.mh, S.mt, S.oh, S.ot, S.b, S.y, S.n, S.z)
  if q ~= S.q then pending.q, S.q = q, q end
  local set, unset = {}, {}
  for f, v in pairs(pending) do
    if v then set[#set + 1] = f; set[#set + 1] = v else unset[#unset + 1] = f end
  end
  if #set > 0 then redis.call('HSET', conv, unpack(set)) end
  if #unset > 0 then redis.call('HDEL', conv, unpack(unset)) end
  pending = {}
end

-- load reads what most scripts need into S and returns two more fields. The numbers stand together in one field, because every field
-- costs as much as a command's work: q is "k|l|e|mh|mt|oh|ot|b|y|n|z": fencing counter, token of the lease and its end, first and last
-- place of the mailbox and of the ring of ids, attempts at the head, turns whose lines were kept, ids of posted messages that are kept
-- for longer than LONG, and the last commit that handed a claim over, "token|next token".
local function load(one, two)
  local v = redis.call('HMGET', conv, 'q', 'd', 'g', 'h', 'c', 'u', 't', one or 'q', two or 'q')
  S.q = v[1] or '0||0|1|0|1|0|0|0|0|'
  if v[1] then
    local k, l, e, mh, mt, oh, ot, b, y, n, z =
      string.match(v[1], '^([^|]*)|([^|]*)|([^|]*)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
    S.k, S.l, S.e, S.z = k, l, tonumber(e), z
    S.mh, S.mt, S.oh, S.ot, S.b, S.y = tonumber(mh), tonumber(mt), tonumber(oh), tonumber(ot), tonumber(b), tonumber(y)
    S.n = tonumber(n)
  else
    S.k, S.l, S.e, S.z, S.mh, S.mt, S.oh, S.ot, S.b, S.y, S.n = '0', '', 0, '', 1, 0, 1, 0, 0, 0, 0
  end
  S.d, S.g, S.h, S.c, S.u, S.t = v[2], v[3], v[4], v[5], v[6], v[7]
  return v[8], v[9]
end

-- fresh is the next fencing number. It is never below the clock in microseconds, so that it grows even over Forget and expiry.
local function fresh()
  local k = tonumber(S.k) + 1
  if k < micros then k = micros end
  S.k = string.format('%.0f', k)
  return S.k
end

-- epoch of the hold; '' without one. The field is "epoch|case|seat".
local function epoch() return S.h and string.match(S.h, '^[^|]*') or '' end

-- whose marks a ledger event, so that it can be forgotten, but does not tell a reader whose it is.
local function whose() return string.sub(redis.sha1hex(addr), 1, 16) end

-- held tells whether a live lease is under way.
local function held() return S.e > now end

-- entry splits a message of the mailbox, "turn|length of id|id body".
local function entry(m)
  local _, to, turn, n = string.find(m, '^([^|]*)|(%d+)|')
  n = tonumber(n)
  return turn, string.sub(m, to + 1, to + n), string.sub(m, to + n + 1)
end

-- A delivery's record is "state|turn|redelivery|reply by|token of its commit": o open, p passive, u pushed, k kept, n nothing; reply by
-- is a moment of this clock, 0 without one.
local function record(rec)
  local state, turn, redelivery, by, token = string.match(rec, '^(.)|([^|]*)|(%d+)|(%d+)|(.*)$')
  return state, turn, redelivery, tonumber(by), token
end
local function written(state, turn, redelivery, by, token)
  return state .. '|' .. turn .. '|' .. redelivery .. '|' .. by .. '|' .. token
end

-- replyby is the moment until which a request waits that has so many milliseconds left; '' is one that does not wait.
local function replyby(left) return left ~= '' and math.max(1, now + left) or 0 end

-- unshownentry is a delivery in field u, the passive replies that may not be shown yet; place is that of its turn in the mailbox.
local function unshownentry(id, place) return #id .. ',' .. place .. ':' .. id end

-- describe is the claim of the head as Go reads it: turn, token, message, session, state of the delivery, debts, rights, hold, tries,
-- clock, checkpoint, reply by or 0.
local function describe(turn, body, state, s, by)
  local c = ''
  if S.c and string.sub(S.c, 1, #turn + 1) == turn .. '|' then c = string.sub(S.c, #turn + 2) end
  return { turn, S.l, body, s or '', state, S.d or '', S.g or '', S.h or '', S.b - 1, now, c, by }
end

-- head reads the head of the mailbox: turn, id, body, state of the delivery, its reply by.
local function head(m, rec)
  m = m or redis.call('HGET', conv, 'm' .. S.mh)
  local turn, id, body = entry(m)
  rec = rec or redis.call('HGET', conv, 'i' .. id)
  if not rec then return turn, id, body, 'o', 0 end
  local state, _, _, by = record(rec)
  return turn, id, body, state, by
end

-- claim takes the lease of the head. Whoever held it before without giving it back has tried.
local function claim(s, m, rec)
  local turn, id, body, state, by = head(m, rec)
  S.l, S.e, S.b = fresh(), now + LEASE, S.b + 1
  redis.call('ZADD', due, S.e, 'm|' .. addr)
  return describe(turn, body, state, s, by), id
end

-- known answers an offered delivery that was recorded before: rec is its record, later the reply by of the request that waits now. An
-- open one is answered until then, unless it is later only by what the way here takes now and then.
local function known(id, rec, s, take, later)
  local state, turn, redelivery, by, token = record(rec)
  if state ~= 'o' then
    return { 'done', state, state == 'p' and redis.call('HGET', conv, 'r' .. id) or '' }
  end
  if later > by + JITTER then
    put('i' .. id, written(state, turn, redelivery, later, token))
    flush()
  end
  if not take or held() or S.mt < S.mh then return { 'waiting' } end
  local c, of = claim(s)
  flush()
  if of == id then return { 'claim', c } end
  return { 'waiting', c }
end
