-- renew: prolongs leases to some time from now.
-- ARGV: lease_ms, then each lease. Answers for each 0 lost, 1 held, 2 held and asked to stop.
local lease_ms, ids, answer = tonumber(ARGV[3]), {}, {}
for at = 4, #ARGV do insert(ids, ARGV[at]:sub(1, 16)) end
load(ids)
for at = 4, #ARGV do
  local id, fence, token = lease_of(ARGV[at])
  local row = readable(id)
  if held_by(row, fence, token) then
    if row[LEASE_MS] ~= lease_ms then
      row[LEASE_MS] = lease_ms
      touch(row)
    end
    fill('ZADD', LEASE, steady + lease_ms, id)
    insert(answer, 1 + has(row[FLAGS], F_CANCEL))
  else
    insert(answer, 0)
  end
end
return ended(answer)
