-- beat: registers an instance or says that it lives.
-- ARGV: its id, whether it has left (1 or 0), what it says of itself. Answers who has ordered it to start anew (empty: nobody).
local key, id = P .. 'instance', ARGV[3]
local since = (call('HGET', key, id) or ''):match('^(%S+) ') or string.format('%.0f', wall)
fill('HSET', key, id, since .. ' ' .. string.format('%.0f', steady) .. ' ' .. ARGV[4] .. ' ' .. boot .. '\n' .. ARGV[5])
return ended({ call('HGET', P .. 'restart', id) or false })
