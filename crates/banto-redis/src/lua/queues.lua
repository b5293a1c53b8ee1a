-- queues: what is counted, and for each queue its pause, what is due, who died since, who has waited longest.
-- ARGV: how long ago is lately. Answers the counts, the classes, the pauses, then for each queue its name, how many are due,
-- when the first of them was, how many died, and since when the first that is ready.
local lately, classes_of, queues, answer = wall - tonumber(ARGV[3]), call('HGETALL', CLASS), {}, {}
for n = 1, #classes_of, 2 do
  local queue = classes_of[n]:match('^(%S+) ')
  if queue then queues[queue] = true end
end
for queue, _ in pairs(queues) do
  local due, first, ready = P .. 'due:' .. queue, '', ''
  local number = call('ZCOUNT', due, '-inf', wall)
  if number > 0 then first = call('ZRANGE', due, 0, 0, 'WITHSCORES')[2] end
  for priority = 0, 9 do
    local from = priority * PRIORITY_STEP
    local found = call('ZRANGEBYSCORE', P .. 'ready:' .. queue, from, '(' .. string.format('%.0f', from + PRIORITY_STEP), 'WITHSCORES', 'LIMIT', 0, 1)[2]
    local at = found and tonumber(found) - from
    if at and (ready == '' or at < ready) then ready = at end
  end
  if ready ~= '' then ready = string.format('%.0f', ready) end
  local died = call('ZCOUNT', P .. 'died:' .. queue, '(' .. string.format('%.0f', lately), '+inf')
  for _, value in ipairs({ queue, number, first, died, ready }) do insert(answer, value) end
end
return ended({ call('HGETALL', COUNT), classes_of, call('HGETALL', PAUSE), answer })
