-- fires: rows of the ledger, the latest due first, by schedule where they were due together.
-- ARGV: the schedule (empty: any), since, before (as bounds of a sorted set), how many at most, the fates.
-- Answers for each its schedule and due instant, its entry, its job's row (as it stands, or stood last), what was last said of
-- the job, and what its run left behind.
local of, since, before, limit, found = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), {}
for n = 7, #ARGV do
  local key = of == '' and P .. 'fate:' .. ARGV[n] or P .. 'ledger:' .. ARGV[n] .. ':' .. of
  local page = call('ZREVRANGEBYSCORE', key, before, since, 'WITHSCORES', 'LIMIT', 0, limit)
  -- Of those that were due together at the page's end, the first by name are wanted.
  local last, kept = page[#page], 0
  for at = 1, #page, 2 do
    if page[at + 1] ~= last then
      kept = kept + 1
      insert(found, page[at])
    end
  end
  if last then
    for _, member in ipairs(call('ZRANGEBYSCORE', key, last, last, 'LIMIT', 0, limit - kept)) do insert(found, member) end
  end
end
local sorted, answer = {}, {}
for _, member in ipairs(found) do
  local field = of == '' and member or of .. ' ' .. member
  local schedule, due = field:match('^(%S+) (%S+)$')
  insert(sorted, { field, tonumber(due), schedule })
end
table.sort(sorted, function(one, other) return one[2] > other[2] or (one[2] == other[2] and one[3] < other[3]) end)
for n = 1, math.min(limit, #sorted) do
  local field = sorted[n][1]
  local stored = call('HGET', FIRE, field) or ''
  local _, job = entry_of(stored)
  local row, said = '', ''
  if job and #job == 32 then
    local id = job:gsub('..', function(c) return string.char(tonumber(c, 16) or 0) end)
    row = call('HGET', AT, id)
    if row then
      said = call('HGET', ERROR, id) or ''
    else
      local last = call('HGET', P .. 'last', field) or ''
      row, said = last:sub(1, ROW_BYTES), last:sub(ROW_BYTES + 1)
    end
  end
  for _, value in ipairs({ field, stored, row, said, call('HGET', P .. 'output', field) or '' }) do insert(answer, value) end
end
return ended({ answer })
