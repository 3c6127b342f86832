-- lib_debts: the list of debts (field d), passive replies not yet shown (field u) and their places in the due index.
-- A debt: i id, k kind, b body, to address if another one, n tries, u due, p parked, t turn, e epoch, o of the bot, q place of its turn
-- in the mailbox, x end of the loan, f its fence, g rights from which it reserved ("+": while
-- it was lent), w the right of the
-- message that it answers (o: its own), or that of a first attempt of which it is not known whether it was shown.

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

-- unshown reads field u, "length,place:id…", and forgets those that were shown, which is told by the due index alone.
-- Each is {id, moment at which it becomes a debt, place of its turn}.
local function shownkey(id) return 'p|' .. #addr .. '|' .. addr .. id end
local function unshown()
  local open, left, at, text = {}, '', 1, S.u or ''
  while at <= #text do
    local _, to, n, place = string.find(text, '^(%d+),(%d+):', at)
    local id = string.sub(text, to + 1, to + n)
    at = to + n + 1
    local score = redis.call('ZSCORE', due, shownkey(id))
    if score then
      open[#open + 1] = { id, tonumber(score), tonumber(place) }
      left = left .. unshownentry(id, place)
    end
  end
  if left ~= text then
    if left == '' then drop('u') S.u = false else put('u', left) S.u = left end
  end
  return open
end

-- behind is the moment until which a reply waits behind a passive one that is not shown yet; nil: it does not.
local function behind(d)
  local wait
  if S.u then
    for _, p in ipairs(unshown()) do
      if p[3] <= (d.q or 0) and (not wait or p[2] < wait) then wait = p[2] end
    end
  end
  return wait
end

-- schedule puts the moment at which something may be lent into the due index: as "d|address", or as "b|address" if it waits behind a
-- passive reply, so that who tells that this was shown can wake it without a script. Returns the earlier one, or 0.
local function schedule(list)
  local first, later = 0, 0
  for _, kind in ipairs(KINDS) do
    local d = oldest(list, kind)
    if d and not (d.p and kind == 'reply') then
      local at = math.max(d.u or 0, d.x or 0)
      if at == 0 then at = now end
      local wait = kind == 'reply' and (d.x or 0) <= now and behind(d)
      if wait then
        later = math.max(at, wait)
      elseif first == 0 or at < first then
        first = at
      end
    end
  end
  if first == 0 then redis.call('ZREM', due, 'd|' .. addr) else redis.call('ZADD', due, first, 'd|' .. addr) end
  if later == 0 then redis.call('ZREM', due, 'b|' .. addr) else redis.call('ZADD', due, later, 'b|' .. addr) end
  if first == 0 or later ~= 0 and later < first then return later end
  return first
end

-- append adds records at the end, but none that is there already; park makes replies wait for the person's next message.
-- Beyond DEBTS the oldest reply that is not lent gives way. Returns how many did.
local function append(list, records, place, park)
  local lost, there = 0, {}
  for _, d in ipairs(list) do there[d.k .. d.i] = true end
  for _, d in ipairs(records) do
    d.q = place
    if park and d.k == 'reply' then d.p, d.u = true, nil end
    if not there[d.k .. d.i] then list[#list + 1] = d end
    there[d.k .. d.i] = true
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

-- left forgets what the bot owes, passive replies that may not be shown yet included, and returns what others owe.
local function left(list)
  local kept = {}
  for _, d in ipairs(list) do
    if not (d.k == 'reply' and d.o) then kept[#kept + 1] = d end
  end
  for _, p in ipairs(S.u and unshown() or {}) do
    local others = {}
    for _, d in ipairs(cjson.decode(redis.call('HGET', conv, 'r' .. p[1]) or '[]')) do
      if not d.o then others[#others + 1] = d end
    end
    if #others > 0 then put('r' .. p[1], cjson.encode(others)) else redis.call('ZREM', due, shownkey(p[1])) end
  end
  return kept
end

-- follow lets the replies that are owed wait behind the passive one of the turn at place. Returns whether there are any.
local function follow(list, place)
  local any = false
  for _, d in ipairs(list) do
    if d.k == 'reply' then d.q, any = place, true end
  end
  return any
end

-- ripen turns passive replies whose time passed unshown into debts, before those of later turns. Returns whether list changed.
local function ripen(list)
  local changed, left = false, ''
  for _, p in ipairs(unshown()) do
    local id, at, place = p[1], p[2], p[3]
    if at > now then
      left = left .. unshownentry(id, place)
    else
      local v = redis.call('HMGET', conv, 'r' .. id, 'i' .. id)
      if v[1] and v[2] then
        local records, where = cjson.decode(v[1]), #list + 1
        for i, d in ipairs(list) do
          if d.k == 'reply' and (d.q or 0) >= place then where = i break end
        end
        for i, d in ipairs(records) do
          d.q, d.u = place, not d.p and now or nil
          table.insert(list, where + i - 1, d)
        end
        put('i' .. id, 'u' .. string.sub(v[2], 2)) drop('r' .. id)
        changed = true
      end
      redis.call('ZREM', due, shownkey(id))
    end
  end
  if S.u and left ~= S.u then
    if left == '' then drop('u') S.u = false else put('u', left) S.u = left end
  end
  return changed
end
