-- seats: the ids of those that stand in some sorted sets. ARGV: how many of each at most, the sets.
local answer = {}
for n = 4, #ARGV do
  for _, id in ipairs(call('ZRANGE', P .. ARGV[n], 0, tonumber(ARGV[3]) - 1)) do insert(answer, id) end
end
return ended({ answer })
