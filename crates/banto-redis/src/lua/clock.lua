-- clock: since when the server's clock has gone as this machine's own does, so far as it was noted by who came before.
-- ARGV: the machine's boot, its steady time, by how many milliseconds the two clocks may have drifted apart.
-- Answers that since, in the machine's steady time.
local CLOCK, DAY_MS, MACHINES = P .. 'clock', 86400000, 100
local mine, drift = tonumber(ARGV[4]), tonumber(ARGV[5])
local noted = call('HGET', CLOCK, ARGV[3]) or ''
local apart, since = noted:match('^(%d+) (%d+) ')
apart, since = tonumber(apart), tonumber(since)
if not apart or since > mine or math.abs(wall - mine - apart) > drift then since = mine end
if call('HLEN', CLOCK) > MACHINES then
  local all = call('HGETALL', CLOCK)
  for n = 1, #all, 2 do
    local at = tonumber(all[n + 1]:match(' (%d+)$'))
    if not at or wall - at > DAY_MS then free('HDEL', CLOCK, all[n]) end
  end
end
fill('HSET', CLOCK, ARGV[3], string.format('%.0f %.0f %.0f', wall - mine, since, wall))
return ended({ since })
