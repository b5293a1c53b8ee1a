-- walk: ids in order, with their rows. ARGV: "newest" or "oldest" first, the id to go on from (empty: from the end), how many.
local newest, from, number = ARGV[3] == 'newest', ARGV[4], tonumber(ARGV[5])
local ids, answer
if newest then
  ids = call('ZREVRANGEBYLEX', IDS, from == '' and '+' or '(' .. from, '-', 'LIMIT', 0, number)
else
  ids = call('ZRANGEBYLEX', IDS, from == '' and '-' or '(' .. from, '+', 'LIMIT', 0, number)
end
answer = {}
for n, row in ipairs(read(AT, ids)) do
  insert(answer, ids[n])
  insert(answer, row)
end
return ended({ answer })
