-- needs: conv
-- claim_reply asks what became of a delivery.
-- KEYS  1 conversation  2 due
-- ARGV  1 address  2 clock  3 delivery id  4 milliseconds left to reply, or ""
-- RET   as accept; {"unknown"}
local s, rec = load('s', 'i' .. ARGV[3])
if not rec then return { 'unknown' } end
return known(ARGV[3], rec, s, true, replyby(ARGV[4]))
