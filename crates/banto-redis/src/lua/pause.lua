-- pause: begins or ends the pause of a queue (in `pause`) or of a schedule (in `halt`).
-- ARGV: which of the two, of what, begin or end, whether it is only counted (1 or 0), and to begin: until (- for ever), why
-- and by whom (each as JSON text).
-- Answers whether that changed anything.
local stop = moved(false)
if stop then return stop end
local key, what, begins, preview = P .. ARGV[3], ARGV[4], ARGV[5] == 'begin', ARGV[6] == '1'
local was = paused(key, what)
if begins then
  local old = call('HGET', key, what)
  local till, why = (old or ''):match('^(%S+)\n%S+\n([^\n]*)\n')
  if was and till == ARGV[7] and why == ARGV[8] then return ended({ 0 }) end
  if not preview then fill('HSET', key, what, ARGV[7] .. '\n' .. string.format('%.0f', wall) .. '\n' .. ARGV[8] .. '\n' .. ARGV[9]) end
elseif not preview then
  free('HDEL', key, what)
end
local changes = begins or was ~= nil
news = changes and not preview
return ended({ changes and 1 or 0 })
