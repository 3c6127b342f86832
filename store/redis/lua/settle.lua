-- needs: conv debts
-- settle ends loans.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 settlements as JSON: i id, f fence, v verdict, a after in ms, g give back, s spent
-- RET   {"ok", number of loans ended}
load()
if not S.d then return { 'ok', 0 } end
local list, ended = debts(), 0
local rights = S.g and cjson.decode(S.g) or nil
for _, v in ipairs(cjson.decode(ARGV[3])) do
  for i, d in ipairs(list) do
    if d.i == v.i and d.f == v.f then
      ended = ended + 1
      local mine, another = {}, false
      for _, n in ipairs(d.g or {}) do mine[n] = true end
      -- One that came while it was lent ("+") counts it too, but what the platform said of this loan is not said of it.
      for _, r in ipairs(rights or {}) do
        local late = mine[r.n .. '+']
        if r.l >= 0 and (v.g and mine[r.n] or late and (v.g or v.s)) then r.l = r.l + 1 end
        if not mine[r.n] then
          another = another or r.l ~= 0 and (r.e == 0 or r.e > now)
        end
        if mine[r.n] or late then
          if v.v == 'paid' and r.l >= 0 then
            r.t = r.t or {}
            r.t[#r.t + 1] = now
            if #r.t > 5 then table.remove(r.t, 1) end
          end
          if v.s and not late then r.l = 0 end
        end
      end
      d.f, d.x, d.g = nil, nil, nil
      if v.s or v.v == 'park' or v.g and d.w and not d.w.o then d.w = nil end -- nothing was shown, or this right is worth nothing
      if v.v == 'again' then
        d.n, d.u = (d.n or 0) + 1, now + v.a
      elseif v.v == 'park' then
        d.n, d.p, d.u = (d.n or 0) + 1, true, nil
        if another then d.p, d.u = nil, now end
      else
        table.remove(list, i)
      end
      break
    end
  end
end
if ended > 0 then
  if rights then put('g', cjson.encode(rights)) end
  keepdebts(list)
  schedule(list)
  flush()
end
return { 'ok', ended }
