-- check: what must always be true of each job. ARGV: the id to go on from (empty: from the first), how many.
-- Answers the last id (nothing after the last job), what is not so, then how many jobs were met by class and state, by place,
-- and with a text of each sort.
local broken, sums, places, flagged = {}, {}, {}, {}
local function must(holds, rule, id, of) if not holds then insert(broken, rule .. ': ' .. hex(id) .. ' ' .. (of or '')) end end
local jobs = call('ZRANGEBYLEX', IDS, ARGV[3] == '' and '-' or '(' .. ARGV[3], '+', 'LIMIT', 0, tonumber(ARGV[4]))
load(jobs)
for _, id in ipairs(jobs) do
  local row = readable(id)
  must(row, 'a row can be read', id)
  if row then
    local state = row[STATE]
    local key, score = seat(state, row[PRIORITY], row[RUN_AT], row[CLASS_NO], row[FINISHED])
    local stands = call('ZSCORE', key, id)
    must(stands and (not score or tonumber(stands) == score), 'a job stands where its row says', id, key)
    places[key] = (places[key] or 0) + 1
    local field = counter(row[CLASS_NO], state, row[CAUSE])
    sums[field] = (sums[field] or 0) + 1
    must((state == PARKED) == (row[CAUSE] ~= 0), 'only what is parked has a cause', id)
    must((state == PARKED) == (has(row[FLAGS], F_PARK) ~= 0), 'only what is parked says why', id)
    must(row[FENCE] > 0 or state ~= RUNNING, 'what runs was claimed', id)
    must(row[ATTEMPT] <= row[FENCE], 'there are no more attempts than claims', id)
    must((state >= DONE) == (row[FINISHED] ~= 0), 'only an end has its time', id)
    if state == DEAD then
      must(call('ZSCORE', P .. 'died:' .. queue_of(row[CLASS_NO]), id), 'who died is known to its queue', id)
    end
    for _, text in ipairs({ { F_ERROR, ERROR }, { F_PARK, PARK }, { F_PROGRESS, PROGRESS } }) do
      local said = has(row[FLAGS], text[1]) ~= 0
      must(said == (call('HEXISTS', text[2], id) == 1), 'a flag tells of a text', id, text[2])
      flagged[text[2]] = (flagged[text[2]] or 0) + (said and 1 or 0)
    end
    must((has(row[FLAGS], F_TRAIL) ~= 0) == (call('EXISTS', P .. 'trail:' .. id) == 1), 'a flag tells of a trail', id)
    local static = static_of(id)
    must(static and (static.label ~= '') == (has(row[FLAGS], F_KEYED) ~= 0), 'a flag tells of a key', id)
  end
end
local function flat(of)
  local list = {}
  for name, number in pairs(of) do
    insert(list, name)
    insert(list, tostring(number))
  end
  return list
end
return ended({ jobs[#jobs] or false, broken, flat(sums), flat(places), flat(flagged), #jobs })
