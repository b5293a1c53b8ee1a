-- restart: orders every instance that is registered and has not left to start anew.
-- ARGV: by whom, how long one that is silent lives, whether it is only counted (1 or 0). Answers how many living ones hear of it first now.
local stop = moved(false)
if stop then return stop end
local key, all, count_of, preview = P .. 'restart', call('HGETALL', P .. 'instance'), 0, ARGV[5] == '1'
for n = 1, #all, 2 do
  local beat, left, of_boot = all[n + 1]:match('^%S+ (%S+) (%S+) ([^\n]*)\n')
  if left == '0' and call('HEXISTS', key, all[n]) == 0 then
    if of_boot == boot and steady - tonumber(beat) <= tonumber(ARGV[4]) then count_of = count_of + 1 end
    if not preview then fill('HSET', key, all[n], ARGV[3]) end
  end
end
news = not preview and count_of > 0
return ended({ count_of })
