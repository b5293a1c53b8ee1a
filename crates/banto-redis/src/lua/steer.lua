-- steer: carries out an order on jobs that were looked at, each only if it stands as it was seen.
-- ARGV: the order, by whom; then for each job its id, its row as it was seen, and, to lift what bars a retry, the time it bars
-- from and what then never changes; to cancel, what is to be said of it (all may be empty).
-- Answers for each 0 it has moved, 1 changed, 2 asked, 3 another holds its key, 4 nothing to do.
local stop = moved(false)
if stop then return stop end
local order, by, ids, answer = ARGV[3], ARGV[4], {}, {}
for at = 5, #ARGV, 4 do insert(ids, ARGV[at]) end
load(ids)

local orders = {}
function orders.cancel(row, _, said)
  if row[STATE] >= DONE or (row[STATE] == RUNNING and has(row[FLAGS], F_CANCEL) ~= 0) then return 4 end
  line(row, 'cancel', by)
  if row[STATE] == RUNNING then
    row[FLAGS] = set(row[FLAGS], F_CANCEL)
    touch(row)
    return 2
  end
  if said ~= '' then keep(row, F_ERROR, ERROR, said) end
  row[STATE], row[FINISHED], row[CAUSE] = CANCELLED, wall, 0
  drop(row, F_PARK, PARK)
  key_at_end(row)
  touch(row)
  return 1
end
function orders.retry(row, until_ms, lifted)
  local state = row[STATE]
  if state ~= DEAD and state ~= CANCELLED and state ~= SCHEDULED then return 4 end
  if state ~= SCHEDULED then
    local static = has(row[FLAGS], F_KEYED) ~= 0 and static_of(row.id)
    if static then
      local other = holder(static.label)
      if other and other.id ~= row.id then return 3 end
      if static.hold ~= HOLD_PERIOD then give(static.label, row.id, nil) end
    end
    row[ATTEMPT], row[CRASHES], row[FINISHED] = 0, 0, 0
  end
  line(row, 'retry', by)
  row[STATE], row[RUN_AT], row[FLAGS] = READY, wall, has(row[FLAGS], unset(F_CANCEL))
  if until_ms ~= '' and tonumber(until_ms) < wall then fill('HSET', JOB, row.id, lifted) end
  touch(row)
  return 1
end
function orders.release(row)
  if row[STATE] ~= PARKED then return 4 end
  line(row, 'release', by)
  row[STATE], row[RUN_AT], row[FLAGS], row[CAUSE] = READY, wall, has(row[FLAGS], unset(F_CANCEL)), 0
  drop(row, F_PARK, PARK)
  touch(row)
  return 1
end
function orders.forget(row)
  if row[STATE] < DONE then return 4 end
  remove(row)
  return 1
end

for at = 5, #ARGV, 4 do
  local row = rows[ARGV[at]]
  if not row or row.touched or row.raw ~= ARGV[at + 1] then
    insert(answer, 0)
  else
    local did = orders[order](row, ARGV[at + 2], ARGV[at + 3])
    if did == 1 or did == 2 then news = true end
    insert(answer, did)
  end
end
return ended(answer)
