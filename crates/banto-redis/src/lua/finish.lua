-- finish: writes verdicts under their leases.
-- ARGV: the verdicts. Answers for each 1 written (now or before, under this very lease), 0 late.
local answer, places, ids, twice = {}, verdicts()

-- Ends a job that is done and has nothing else to it; those that were ended so.
local left, number, now = {}, 0, text_of(wall)
local function plainly(stored, at)
  if not stored or #stored ~= ROW_BYTES then return false end
  local id, fence, token, to, cause, attempt, crashes, _, more = unpack_row(VERDICT, ARGV[at])
  if to ~= DONE or more ~= 0 or cause ~= 0 then return false end
  local state, flags, priority, _, class, _, _, of_fence, lease_ms, run_at, enqueued, started, _, instance, of_token =
    unpack_row(FORMAT, stored)
  if state ~= RUNNING or flags ~= 0 or fence ~= of_fence or token ~= of_token then return false end
  number = number + 1
  left[number] = id
  stands(id, now, pack_row(FORMAT, DONE, flags, priority, cause, class, attempt, crashes, fence, lease_ms,
    run_at, enqueued, started, wall, instance, token, fence, token), class)
  return true
end

local stored = read(AT, ids)
for n, at in ipairs(places) do
  answer[n] = 1
  if twice or not plainly(stored[n], at) then
    local one = verdict(at)
    if rows[one.id] == nil then meet(one.id, stored[n]) end
    local row = readable(one.id)
    if row and one.fence > 0 and row[WRITTEN_FENCE] == one.fence and row[WRITTEN] == one.token then
      -- It was written, and only the answer was lost.
    elseif held_by(row, one.fence, one.token) then
      row[WRITTEN_FENCE], row[WRITTEN] = one.fence, one.token
      write(row, one)
    else
      counted('late', 1)
      answer[n] = 0
    end
  end
end
many('ZREM', LEASE, left)
write_plain(DONE_AT, RUNNING, DONE)
return ended(answer)
