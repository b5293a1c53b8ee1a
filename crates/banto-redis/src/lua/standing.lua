-- standing: how this store stands in a move, and what a step of it must know.
-- Answers the standing (nothing: it takes part in none), how many jobs run, and whether there is nothing here (1 or 0).
local standing = call('GET', P .. 'standing')
local empty = call('ZCARD', IDS) + call('HLEN', P .. 'service') + call('HLEN', P .. 'schedule') == 0
empty = empty and call('HLEN', KEY) == call('ZCOUNT', KEYTIME, '-inf', wall)
for _, key in ipairs({ PAUSE, HALT }) do
  for _, what in ipairs(empty and call('HKEYS', key) or {}) do empty = empty and not paused(key, what) end
end
return ended({ standing, call('ZCARD', LEASE), empty and 1 or 0 })
