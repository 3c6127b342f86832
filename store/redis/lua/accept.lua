-- needs: conv mail debts
-- accept records a message once and claims the head of the mailbox if nobody holds the lease.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 delivery id  4 message  5 redelivery, ms  6 milliseconds left to reply, or ""  7 right as JSON or ""
--       8 "1": only post  9 case that a seat must hold, or ""  10 the seat  11 when it happened, ms, by the platform's clock, or 0
-- RET   {"done", state, passive replies} | {"claim", claim, 1 if new} | {"waiting", claim or nil, 1 if new} |
--       {"busy", limit} | {"owned", seat} | {"unknown"}; claim as in lib_conv
local id, body, post, by = ARGV[3], ARGV[4], ARGV[8] == '1', replyby(ARGV[6])
local s, rec = load('s', 'i' .. id)
if rec then return known(id, rec, s, not post, by) end
if ARGV[9] ~= '' then
  local case, seat = string.match(S.h or '', '^[^|]*|([^|]*)|(.*)$')
  if case ~= ARGV[9] then return { 'unknown' } end
  if seat ~= ARGV[10] then return { 'owned', seat } end
  if S.d and #cjson.decode(S.d) >= DEBTS then return { 'busy', 'debts' } end
end
local m, new = join(id, body, tonumber(ARGV[5]), by, post)
if not m then return { 'busy', new } end
if ARGV[7] ~= '' then
  -- Mostly the person writes again and the only right is renewed: the new one then stands in the place of the old without decoding.
  local pool = string.match(ARGV[7], '^{"p":"[^"]*",')
  local right = string.sub(ARGV[7], 1, -2) .. ',"n":"' .. fresh() .. '"}'
  local sending = S.d and string.find(S.d, '"x":', 1, true)
  if pool and not sending and
    (not S.g or string.sub(S.g, 2, #pool + 1) == pool and not string.find(S.g, '},{', 1, true) and not string.find(S.g, '"t":', 1, true)) then
    S.g = '[' .. right .. ']'
  else
    local rights, since, at = {}, {}, tonumber(ARGV[11])
    right = cjson.decode(right)
    at = at > now and now or math.max(at, now - SENTWITHIN)
    for _, r in ipairs(S.g and cjson.decode(S.g) or {}) do
      local later = {}
      for _, t in ipairs(r.t or {}) do
        if t > at then later[#later + 1] = t end
      end
      if #later > #since then since = later end
      if r.p ~= right.p and (r.e == 0 or r.e > now) and #rights < 15 then rights[#rights + 1] = r end
    end
    if not right.a then
      -- What was sent since it happened, or is being sent, the platform counts in this right and not in the one before.
      if right.l > 0 then right.l = math.max(0, right.l - #since) end
      if sending then
        local list = debts()
        for _, d in ipairs(list) do
          if d.k == 'reply' and d.g and (d.x or 0) > now and right.l > 0 then
            right.l, d.g[#d.g + 1] = right.l - 1, right.n .. '+'
          end
        end
        keepdebts(list)
      end
    end
    if #since > 0 then right.t = since end -- the next one of a burst counts it as well
    rights[#rights + 1] = right
    S.g = cjson.encode(rights)
  end
  put('g', S.g)
end
local c, of
if post then
  wake()
elseif not held() then
  local one = S.mh == S.mt
  c, of = claim(s, one and m or nil, one and new or nil)
end
flush()
touch()
if c and of == id then
  c[3] = '' -- its message is the one that was offered
  return { 'claim', c, 1 }
end
return { 'waiting', c or false, 1 }
