-- damage: parks jobs whose entry cannot be read.
-- ARGV: why (as a park's JSON text), the class of what has none; then for each job its id and the fence and token of a claim
-- that is to be undone (empty: none). Answers for each 1 parked, 2 parked
-- though nobody knows where it was counted, 0 there is no such job (any more): then it stands nowhere.
local ids, answer = {}, {}
for at = 6, #ARGV, 2 do insert(ids, ARGV[at]) end
load(ids)
for at = 6, #ARGV, 2 do
  local id, claim = ARGV[at], ARGV[at + 1]
  local row = rows[id]
  if row and row.readable then
    if row[STATE] == PARKED and row[CAUSE] == 5 then
      insert(answer, 1)
    elseif row[STATE] >= DONE or (claim ~= '' and claim ~= pack_row('<I4', row[FENCE]) .. row[TOKEN]) then
      insert(answer, 0)
    else
      if claim ~= '' then
        row[FENCE], row[ATTEMPT] = row[FENCE] - 1, row[ATTEMPT] - 1
        counted('claimed', -1)
      end
      row[STATE], row[CAUSE] = PARKED, 5
      keep(row, F_PARK, PARK, ARGV[3])
      touch(row)
      insert(answer, 1)
    end
  elseif row or call('HEXISTS', JOB, id) == 1 then
    -- What moved of it is lost: it begins anew, in the class that what never changes tells.
    local static = static_of(id)
    local flags = static and static.label ~= '' and F_KEYED or 0
    if static and static.fire ~= '' then flags = set(flags, F_FIRE) end
    local new = row_of(id, false, false, PARKED, flags, 9, 5, number_of(ARGV[4]), 0, 0, 0, 0, wall, wall, 0, 0, NOBODY, NOBODY, 0, NOBODY)
    keep(new, F_PARK, PARK, ARGV[3])
    for _, key in ipairs({ LEASE, P .. 'done', P .. 'dead', P .. 'cancelled' }) do free('ZREM', key, id) end
    rows[id] = new
    touch(new)
    insert(answer, 2)
  else
    for _, place in ipairs({ 'lease', 'parked', 'done', 'dead', 'cancelled' }) do free('ZREM', P .. place, id) end
    insert(answer, 0)
  end
end
return ended(answer)
