-- lib_debts: the list of debts (field d), passive replies not yet shown (field u) and their places in the due index.
-- A debt: i id, k kind, b body, to address if another one, n tries, u due, p parked, t turn, e epoch, o of the bot, q place of its turn
-- in the mailbox, x end of the loan, f its fence, g rights from which it reserved.

local function debts() return S.d and cjson.decode(S.d) or {} end

local function keepdebts(list)
  if #list == 0 then
    if S.d then drop('d') end
    S.d = false
  else
    S.d = cjson.encode(list)
    put('d', S.d)
  end
end

-- oldest is the first debt of a kind.
local function oldest(list, kind)
  for i, d in ipairs(list) do
    if d.k == kind then return d, i end
  end
end

-- schedule puts the moment at which something may be lent into the due index; floor (or nil) holds back replies.
-- Returns it, or 0.
local function schedule(list, floor)
  local first = 0
  for _, kind in ipairs({ 'reply', 'case' }) do
    local d = oldest(list, kind)
    if d and not (d.p and kind == 'reply') then
      local at = math.max(d.u or 0, d.x or 0, kind == 'reply' and floor or 0)
      if at == 0 then at = now end
      if first == 0 or at < first then first = at end
    end
  end
  if first == 0 then
    redis.call('ZREM', due, 'd|' .. addr)
  else
    redis.call('ZADD', due, first, 'd|' .. addr)
  end
  return first
end

-- append adds records at the end; park makes replies wait for the person's next message.
-- Beyond DEBTS the oldest reply that is not lent gives way. Returns how many did.
local function append(list, records, place, park)
  local lost = 0
  for _, d in ipairs(records) do
    d.q = place
    if park and d.k == 'reply' then d.p, d.u = true, nil end
    list[#list + 1] = d
  end
  local i = 1
  while #list > DEBTS and i <= #list do
    if list[i].k == 'reply' and (list[i].x or 0) <= now then
      table.remove(list, i)
      lost = lost + 1
    else
      i = i + 1
    end
  end
  return lost
end

local function shownkey(id) return 'p|' .. #addr .. '|' .. addr .. id end

-- unshown reads field u, "length:id…", and forgets those that were shown, which is told by the due index alone.
local function unshown()
  local all, at, text = {}, 1, S.u or ''
  while at <= #text do
    local _, to, n = string.find(text, '^(%d+):', at)
    all[#all + 1] = string.sub(text, to + 1, to + n)
    at = to + n + 1
  end
  local open, left = {}, ''
  for _, id in ipairs(all) do
    local score = redis.call('ZSCORE', due, shownkey(id))
    if score then
      open[#open + 1] = { id, tonumber(score) }
      left = left .. #id .. ':' .. id
    end
  end
  if S.u and left ~= S.u then
    if left == '' then drop('u') S.u = false else put('u', left) S.u = left end
  end
  return open
end

-- ripen turns passive replies whose time passed unshown into debts, before those of later turns. Returns the moment until which replies
-- wait behind one that may still be shown (nil: none does) and whether list changed.
local function ripen(list)
  local wait, changed, left = nil, false, ''
  for _, p in ipairs(unshown()) do
    local id, at = p[1], p[2]
    if at > now then
      if not wait or at < wait then wait = at end
      left = left .. #id .. ':' .. id
    else
      local v = redis.call('HMGET', conv, 'r' .. id, 'i' .. id)
      if v[1] and v[2] then
        local records = cjson.decode(v[1])
        local place, where = records[1] and records[1].q or 0, #list + 1
        for i, d in ipairs(list) do
          if d.k == 'reply' and (d.q or 0) >= place then where = i break end
        end
        for i, d in ipairs(records) do table.insert(list, where + i - 1, d) end
        put('i' .. id, 'u' .. string.sub(v[2], 2)) drop('r' .. id)
        changed = true
      end
      redis.call('ZREM', due, shownkey(id))
    end
  end
  if S.u and left ~= S.u then
    if left == '' then drop('u') S.u = false else put('u', left) S.u = left end
  end
  return wait, changed
end
