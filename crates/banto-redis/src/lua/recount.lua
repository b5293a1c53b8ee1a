-- recount: counts all jobs by class and state anew, after the moving part of one was lost.
-- ARGV: the most jobs that are counted in one step. Answers whether they were.
local ids = call('ZCARD', IDS) <= tonumber(ARGV[3]) and call('ZRANGE', IDS, 0, -1)
if not ids then return ended({ 0 }) end
local sums, fields = {}, {}
for from = 1, #ids, 4000 do
  for _, stored in ipairs(call('HMGET', AT, unpack(ids, from, math.min(from + 3999, #ids)))) do
    if stored and #stored == ROW_BYTES then
      local state, _, _, cause, class = unpack_row('<BBBBI4', stored)
      local field = counter(class, state, cause)
      sums[field] = (sums[field] or 0) + 1
    end
  end
end
call('DEL', COUNT)
for field, number in pairs(sums) do
  insert(fields, field)
  insert(fields, number)
end
many('HSET', COUNT, fields)
return ended({ 1 })
