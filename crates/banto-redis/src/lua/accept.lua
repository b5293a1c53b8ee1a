-- Accepts one job: says the id of the one that stands for it, and whether it is new.
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
  local row = { state, flags, priority, 0, class, 0, 0, 0, 0, run_at, wall, 0, 0, NOBODY, NOBODY, 0, NOBODY }
  row.id, row.static, row.readable = id, static, true
  rows[id] = row
  touch(row)
  counted('accepted', 1)
  news = true
  return id, true
end
