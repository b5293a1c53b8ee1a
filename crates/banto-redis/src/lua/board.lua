-- board: services and schedules. ARGV: the service (empty: all, with the schedules).
-- Answers the steady time, the boot, the instances, the services; then the schedules, their words and their pauses.
local service = ARGV[3]
if service ~= '' then
  local stored = call('HGET', P .. 'service', service)
  local found = stored and { service, stored } or {}
  return ended({ string.format('%.0f', steady), boot, call('HGETALL', P .. 'instance'), found, {}, {}, {} })
end
return ended({
  string.format('%.0f', steady), boot, call('HGETALL', P .. 'instance'), call('HGETALL', P .. 'service'),
  call('HGETALL', P .. 'schedule'), call('HGETALL', P .. 'model'), call('HGETALL', HALT),
})
