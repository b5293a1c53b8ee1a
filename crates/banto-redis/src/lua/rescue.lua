-- rescue: writes verdicts on leases that are over.
-- ARGV: the verdicts. Answers for each 1 written, 0 late: another lease is the job's, or this one lives.
local answer, places, ids = {}, verdicts()
load(ids)
for _, at in ipairs(places) do
  local one = verdict(at)
  local row = readable(one.id)
  local till = row and tonumber(call('ZSCORE', LEASE, one.id) or nil)
  if held_by(row, one.fence, one.token) and (not till or till <= steady) then
    write(row, one)
    counted('rescued', 1)
    insert(answer, 1)
  else
    insert(answer, 0)
  end
end
return ended(answer)
