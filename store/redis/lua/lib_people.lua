-- lib_people: the clock and the time to live of a user. Every script of a user begins with it.
-- KEYS[1] the user's hash, KEYS[2] their operations, KEYS[3] ids of these; ARGV[1] milliseconds by which tests move the clock ("0").
-- The constants KEEPUSER, KNOWN, KNOWNIDS, TRACE and LINKS are written before it by script.go; times are in milliseconds.
local clock = redis.call('TIME')
local now = math.floor(clock[1] * 1000 + clock[2] / 1000) + ARGV[1]

-- heard lets the user be kept from now on.
local function heard()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, KEEPUSER) end
end
