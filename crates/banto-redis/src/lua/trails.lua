-- trails: the lines of some jobs' trails, the oldest first. ARGV: ids.
local answer = {}
for at = 3, #ARGV do insert(answer, call('LRANGE', P .. 'trail:' .. ARGV[at], 0, -1)) end
return ended(answer)
