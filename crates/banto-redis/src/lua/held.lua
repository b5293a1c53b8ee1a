-- held: unique keys that are held, some at a time. ARGV: where to go on, about how many.
-- Answers where to go on then ("0": that was the last), and for each key its words: the key, its holder, its end (-1: none).
local page = call('HSCAN', KEY, ARGV[3], 'COUNT', ARGV[4])
local answer = {}
for n = 1, #page[2], 2 do
  local one = holder(page[2][n])
  if one then
    insert(answer, page[2][n])
    insert(answer, one.id)
    insert(answer, one.till or -1)
  end
end
return ended({ page[1], answer })
