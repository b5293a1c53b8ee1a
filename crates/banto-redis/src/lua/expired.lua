-- expired: running jobs whose lease is over, the longest over first.
-- ARGV: how many at most. Answers ids.
-- A lease that ends later than its own length allows was given by a clock that has been set back since: when it ends is
-- not known, so it ends one length from now.
local far = call('ZREVRANGEBYSCORE', LEASE, '+inf', steady + 1000, 'LIMIT', 0, 200, 'WITHSCORES')
local ids = {}
for n = 1, #far, 2 do insert(ids, far[n]) end
load(ids)
for n = 1, #far, 2 do
  local row = readable(far[n])
  if row and row[STATE] == RUNNING and tonumber(far[n + 1]) > steady + row[LEASE_MS] + 1000 then
    fill('ZADD', LEASE, steady + row[LEASE_MS], far[n])
  end
end
local over = call('ZRANGEBYSCORE', LEASE, '-inf', steady, 'LIMIT', 0, tonumber(ARGV[3]))
load(over)
for _, id in ipairs(over) do
  -- A place that leads to a job which does not run.
  local row = readable(id)
  if row and row[STATE] ~= RUNNING then free('ZREM', LEASE, id) end
end
return ended({ over })
