-- needs: conv debts
-- lend hands out the oldest debt of each kind.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 milliseconds that a loan lasts
-- RET   {"ok", next or 0, parked, withheld, hold, loan…}; a loan is {debt as JSON, fence, right as JSON or ""}
load('k', 'k')
local list = debts()
local wait, changed = ripen(list)
local mine, withheld, loans = epoch(), 0, {}
local i = 1
while i <= #list do
  local d = list[i]
  if d.k == 'reply' and d.o and (d.x or 0) <= now and (d.e or '') ~= mine then
    table.remove(list, i)
    withheld, changed = withheld + 1, true
  else
    i = i + 1
  end
end
for _, kind in ipairs({ 'reply', 'case' }) do
  local d = oldest(list, kind)
  local ready = d and (d.u or 0) <= now and (d.x or 0) <= now
  local right = ''
  if ready and kind == 'reply' then
    ready = not d.p and not wait
    if ready and S.g then
      local rights, newest = cjson.decode(S.g), nil
      for _, r in ipairs(rights) do
        if r.l ~= 0 and (r.e == 0 or r.e > now) then newest = r end
      end
      if newest then
        d.g = {}
        for _, r in ipairs(rights) do
          if r.l > 0 and (r.e == 0 or r.e > now) then
            r.l = r.l - 1
            d.g[#d.g + 1] = r.n
          end
        end
        if #d.g == 0 then d.g = nil end
        right = cjson.encode(newest)
        S.g = cjson.encode(rights)
        put('g', S.g)
      else
        d.p, d.u, ready, changed = true, nil, false, true
      end
    end
  end
  if ready then
    loans[#loans + 1] = { cjson.encode(d), fresh(), right }
    d.f, d.x, d.n = S.k, now + ARGV[3], (d.n or 0) + 1
    changed = true
  end
end
local parked = 0
for _, d in ipairs(list) do
  if d.k == 'reply' and d.p then parked = parked + 1 end
end
-- That a passive reply was shown is told by the index alone: look again each second.
local at = schedule(list, wait and math.min(wait, now + 1000))
if changed then keepdebts(list) end
flush()
local answer = { 'ok', at, parked, withheld, S.h or '' }
for _, l in ipairs(loans) do answer[#answer + 1] = l end
return answer
