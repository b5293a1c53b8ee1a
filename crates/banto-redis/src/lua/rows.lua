-- rows: jobs as they are stored. ARGV: ids.
-- Answers for each its row, what never changes, what was last said, why it is parked, how far it is; nothing where there is none.
local ids, answer = {}, {}
for at = 3, #ARGV do insert(ids, ARGV[at]) end
local parts = { read(AT, ids), read(JOB, ids), read(ERROR, ids), read(PARK, ids), read(PROGRESS, ids) }
for n = 1, #ids do
  for _, part in ipairs(parts) do insert(answer, part[n] or false) end
end
return ended({ answer })
