-- Accepts one job: says the id of the one that stands for it, and whether it is new.
local ACCEPTED = {}
local function accept(id, class, priority, due, due_at, flags, static)
  if rows[id] then
    counted('doubles', 1)
    return id, false
  end
  if has(flags, F_KEYED) ~= 0 then
    local _, hold, hold_ms, label = unpack_row('<I4Bi8Bc0', static)
    local other = holder(label)
    if other then
      counted('doubles', 1)
      return other.id, false
    end
    give(label, id, hold == HOLD_PERIOD and wall + hold_ms or nil)
  end
  local run_at = wall
  if due == 1 then run_at = wall + due_at elseif due == 2 then run_at = due_at end
  local state = run_at <= wall and READY or SCHEDULED
  -- A new job needs no table: it is not changed any more by the script that accepts it.
  rows[id] = ACCEPTED
  local key, score = seat(state, priority, run_at, class, 0)
  fill('HSET', JOB, id, static)
  fill('ZADD', IDS, '0', id)
  fill('ZADD', key, text_of(score), id)
  fill('HSET', AT, id, pack_row(FORMAT, state, flags, priority, 0, class, 0, 0, 0, 0, run_at, wall, 0, 0, NOBODY, NOBODY, 0, NOBODY))
  count(class, state, 0, 1)
  counted('accepted', 1)
  news = true
  return id, true
end
