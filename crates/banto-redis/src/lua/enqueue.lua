-- enqueue: accepts jobs, in order, whole or not at all.
-- ARGV: the number of classes, each class; then for each job its id, its head (class, priority, due, flags) and what never changes.
-- Answers for each job 1 if it is new, else the id of the job that stands for it.
local stop = moved(true)
if stop then return stop end
local number, ids, answer = tonumber(ARGV[3]), {}, {}
local known = {}
for n = 1, number do known[n] = ARGV[3 + n] end
local first = 4 + number
for at = first, #ARGV, 3 do ids[(at - first) / 3 + 1] = ARGV[at] end
load(ids)
for n = 1, number do known[n] = number_of(known[n]) end
for at = first, #ARGV, 3 do
  local class, priority, due, due_at, flags = unpack_row('<I2BBi8B', ARGV[at + 1])
  local id, fresh = accept(ARGV[at], known[class], priority, due, due_at, flags, ARGV[at + 2])
  answer[(at - first) / 3 + 1] = fresh and 1 or id
end
return ended(answer, true)
