-- needs: conv debts
-- lend hands out the oldest debt of each kind.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 milliseconds that a loan lasts
-- RET   {"ok", next or 0, parked, withheld, hold, loan…}; a loan is {debt as JSON, fence, right as JSON or ""}
load()
local list = debts()
local mine, withheld, loans, changed = epoch(), 0, {}, false
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
for _, kind in ipairs(KINDS) do
  local d = oldest(list, kind)
  local ready = d and (d.u or 0) <= now and (d.x or 0) <= now
  local right = ''
  if ready and kind == 'reply' then
    ready = not d.p and not behind(d)
    if ready and S.g then
      local rights, newest = cjson.decode(S.g), nil
      if d.w and d.w.e ~= 0 and d.w.e <= now then d.w = nil end
      local own = d.w and d.w.o
      for _, r in ipairs(rights) do
        if r.l ~= 0 and (r.e == 0 or r.e > now) then newest = r end
      end
      if newest or own then
        d.g = {}
        for _, r in ipairs(rights) do
          if r.l ~= 0 and (r.e == 0 or r.e > now) and (not own or r.j == d.w.j) then
            if r.l > 0 then r.l = r.l - 1 end
            d.g[#d.g + 1] = r.n
          end
        end
        -- Another attempt after an unknown outcome answers what the first one answered, so that the platform knows it again.
        if #d.g == 0 then d.g = nil end
        d.w = d.w or newest
        right = cjson.encode(d.w)
        S.g = cjson.encode(rights)
        put('g', S.g)
      else
        d.p, d.u, ready, changed = true, nil, false, true
      end
    end
  end
  if ready then
    if d.f then d.n = (d.n or 0) + 1 end -- who had it before is gone
    loans[#loans + 1] = { cjson.encode(d), fresh(), right }
    d.f, d.x = S.k, now + ARGV[3]
    changed = true
  end
end
local parked, first = 0, oldest(list, 'reply')
if first and first.p then
  for _, d in ipairs(list) do
    if d.k == 'reply' and d.p then parked = parked + 1 end
  end
end
local at = schedule(list)
if changed then keepdebts(list) end
flush()
local answer = { 'ok', at, parked, withheld, S.h or '' }
for _, l in ipairs(loans) do answer[#answer + 1] = l end
return answer
