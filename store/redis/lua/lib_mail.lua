-- lib_mail: how a message joins the mailbox.

-- place reads a place of the ring of ids, "keep|place of its message in the mailbox|letter|id": keep is the moment until which the id is
-- young, the letter is l for a posted message that is kept for longer than LONG, and "-" for others.
local function place(v)
  if not v then return 0, 0, '-', '' end
  local _, to, keep, at, letter = string.find(v, '^(%d+)|(%d+)|(.)|')
  return tonumber(keep), tonumber(at), letter, string.sub(v, to + 1)
end

-- spare tells whether an id may be forgotten: it is old, not one of the KEPT last ones, and neither waits its message in the mailbox nor
-- its passive reply to be shown.
local function spare(keep, at, id)
  return keep <= now and at <= S.mt - KEPT and at < S.mh and not (S.u and string.find(S.u, unshownentry(id, at), 1, true))
end

local function forget(at, letter, id)
  drop('o' .. at) drop('i' .. id) drop('r' .. id)
  if letter == 'l' then S.n = S.n - 1 end
end

-- prune forgets old ids. The two that stand first are looked at for every message, so that the ring shrinks though each adds one; what
-- stays for long goes to the end, so that it does not hide what is behind it. With all, because a limit is reached, the whole ring
-- is looked through: nobody is refused for what could be forgotten.
local function prune(all)
  if next(pending) then flush() end -- an earlier join of the same script
  if all then
    local names, at = {}, S.oh
    for i = S.oh, S.ot do names[#names + 1] = 'o' .. i end
    for i, v in ipairs(redis.call('HMGET', conv, unpack(names))) do
      local keep, mail, letter, id = place(v)
      if spare(keep, mail, id) then
        forget(S.oh + i - 1, letter, id)
      else
        if at ~= S.oh + i - 1 then put('o' .. at, v) drop('o' .. S.oh + i - 1) end
        at = at + 1
      end
    end
    S.ot = at - 1
    return
  end
  local old = redis.call('HMGET', conv, 'o' .. S.oh, 'o' .. (S.oh + 1))
  for i = 1, 2 do
    if S.ot - S.oh + 1 <= KEPT then break end
    local keep, mail, letter, id = place(old[i])
    if spare(keep, mail, id) then
      forget(S.oh, letter, id)
    elseif keep > now and keep <= now + 5 * REDELIVERY then
      break -- it is old soon, and so is what came behind it
    else
      S.ot = S.ot + 1
      drop('o' .. S.oh)
      put('o' .. S.ot, old[i])
    end
    S.oh = S.oh + 1
  end
end

-- join records a new delivery and puts it at the end of the mailbox; the caller flushes. redelivery is in milliseconds, by a moment or
-- 0; posted says that nobody waits for it. Returns its entry and its record, or nil and the limit that is reached; over lets it in
-- over the limits.
local function join(id, body, redelivery, by, posted, over)
  if redelivery < REDELIVERY then redelivery = REDELIVERY end
  if S.mt - S.mh + 1 >= MAILBOX and not over then return nil, 'mailbox' end
  local letter = posted and redelivery > LONG and 'l' or '-'
  if S.ot - S.oh + 1 > KEPT then
    local crowd = letter == 'l' and S.n >= LONGIDS
    prune(crowd or S.ot - S.oh + 1 >= ALLIDS)
    if S.ot - S.oh + 1 >= ALLIDS and not over then return nil, 'deliveries' end
    if crowd and S.n >= LONGIDS then return nil, 'events' end
  end
  if letter == 'l' then S.n = S.n + 1 end
  S.mt, S.ot = S.mt + 1, S.ot + 1
  local turn = string.format('%x-%x', micros, S.mt)
  local m, rec = turn .. '|' .. #id .. '|' .. id .. body, written('o', turn, redelivery, by, '')
  -- A passive reply is fetched until by+redelivery; its record must outlive the sweep that turns it into a debt.
  local keep = now + redelivery
  if by > now then keep = by + redelivery + REDELIVERY end
  put('m' .. S.mt, m)
  put('o' .. S.ot, keep .. '|' .. S.mt .. '|' .. letter .. '|' .. id)
  put('i' .. id, rec)
  return m, rec
end

-- wake makes the due index show a mailbox that nobody judges.
local function wake()
  if not held() then redis.call('ZADD', due, now, 'm|' .. addr) end
end

-- touch lets the conversation live on; a timer far away may have given it longer already.
local function touch()
  if S.t then redis.call('PEXPIRE', conv, KEEP, 'GT') else redis.call('PEXPIRE', conv, KEEP) end
end
