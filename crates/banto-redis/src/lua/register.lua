-- register: all schedules of a service, as one step.
-- ARGV: the service, by whom, as of when; then for each schedule its name, its revision and its words.
-- Answers the generation, then for each schedule 0 new, 1 the same, 2 changed, 3 another's.
local stop = moved(false)
if stop then return stop end
local SCHEDULE, SERVICE, MODEL = P .. 'schedule', P .. 'service', P .. 'model'
local service, by, as_of = ARGV[3], ARGV[4], math.min(tonumber(ARGV[5]), wall)
local now, answer, changed = string.format('%.0f', as_of), {}, false
-- Asked of memory before anything is written.
call('SET', P .. 'room', '1')
local generation, _, till, rest = (call('HGET', SERVICE, service) or ''):match('^(%S+) (%S+) (%S+) (.*)$')
if not generation then generation, till, rest = '0', now, '- 0 ' end

local known, named = {}, {}
local all = call('HGETALL', SCHEDULE)
for n = 1, #all, 2 do
  local owner, revision, since, retired = all[n + 1]:match('^(%S+) (%S+) (%S+) (%S+)$')
  if owner then known[all[n]] = { owner = owner, revision = revision, since = since, retired = retired ~= '-' } end
end
for at = 6, #ARGV, 3 do
  local name, revision, was = ARGV[at], ARGV[at + 1], known[ARGV[at]]
  named[name] = true
  local is = 0
  if was and was.owner ~= service and not was.retired then is = 3
  elseif was and was.owner == service and not was.retired then is = was.revision == revision and 1 or 2 end
  insert(answer, is)
  if is ~= 3 then
    changed = changed or is ~= 1
    fill('HSET', SCHEDULE, name, service .. ' ' .. revision .. ' ' .. (is == 1 and was.since or now) .. ' -')
    fill('HSET', MODEL, name, ARGV[at + 2])
  end
end
for name, was in pairs(known) do
  if was.owner == service and not was.retired and not named[name] then
    changed = true
    fill('HSET', SCHEDULE, name, service .. ' ' .. was.revision .. ' ' .. was.since .. ' ' .. now)
  end
end
generation = tonumber(generation) + (changed and 1 or 0)
fill('HSET', SERVICE, service, string.format('%.0f', generation) .. ' ' .. by .. ' ' .. till .. ' ' .. rest)
news = true
return ended({ generation, answer })
