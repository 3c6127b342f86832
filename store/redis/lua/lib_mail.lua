-- lib_mail: how a message joins the mailbox.

-- join records a new delivery and puts it at the end of the mailbox; the caller flushes. replyby and redelivery are milliseconds.
-- Returns its entry, or nil and the limit that is reached; over lets it in over the mailbox's limit.
local function join(id, body, redelivery, replyby, over)
  if redelivery < REDELIVERY then redelivery = REDELIVERY end
  if S.mt - S.mh + 1 >= MAILBOX and not over then return nil, 'mailbox' end
  -- Old ids fall out two at a time, so that the ring shrinks though every message adds one.
  if S.ot - S.oh + 1 >= KEPT then
    local old = redis.call('HMGET', conv, 'o' .. S.oh, 'o' .. (S.oh + 1))
    for i = 1, 2 do
      if not old[i] or S.ot - S.oh + 1 < KEPT then break end
      local _, to, keep = string.find(old[i], '^(%d+)|')
      if tonumber(keep) > now then break end
      local gone = string.sub(old[i], to + 1)
      drop('o' .. S.oh) drop('i' .. gone) drop('r' .. gone)
      S.oh = S.oh + 1
    end
    if S.ot - S.oh + 1 >= ALLIDS and not over then return nil, 'deliveries' end
  end
  S.mt, S.ot = S.mt + 1, S.ot + 1
  local turn = string.format('%x-%x', micros, S.mt)
  local m = turn .. '|' .. #id .. '|' .. id .. body
  -- A passive reply is fetched until replyby+redelivery; its record must outlive the sweep that turns it into a debt.
  local keep = (replyby > now and replyby or now) + redelivery
  if replyby > now then keep = keep + 60000 end
  put('m' .. S.mt, m)
  put('o' .. S.ot, string.format('%.0f', keep) .. '|' .. id)
  put('i' .. id, 'o|' .. turn .. '|' .. redelivery .. '|')
  return m
end

-- wake makes the due index show a mailbox that nobody judges.
local function wake()
  if not held() then redis.call('ZADD', due, now, 'm|' .. addr) end
end

-- touch lets the conversation live on; a timer far away may have given it longer already.
local function touch()
  if S.t then redis.call('PEXPIRE', conv, KEEP, 'GT') else redis.call('PEXPIRE', conv, KEEP) end
end
