-- totals: what must always be true of all jobs together. ARGV: how many jobs there are; then three times a number and so many
-- names with their numbers: jobs by class and state, by place, and with a text of each sort. Answers what is not so.
local broken, jobs, at = {}, tonumber(ARGV[3]), 4
local function must(holds, rule, of) if not holds then insert(broken, rule .. ': ' .. tostring(of)) end end
local function table_of()
  local list, number = {}, tonumber(ARGV[at])
  for n = 1, number do list[ARGV[at + n * 2 - 1]] = tonumber(ARGV[at + n * 2]) end
  at = at + 1 + number * 2
  return list
end
local sums, places, flagged = table_of(), table_of(), table_of()
must(call('HLEN', AT) == jobs and call('HLEN', JOB) == jobs and call('ZCARD', IDS) == jobs, 'each job has a moving part and one that never changes', jobs)
for _, place in ipairs({ 'lease', 'parked', 'done', 'dead', 'cancelled' }) do places[P .. place] = places[P .. place] or 0 end
local classes_of = call('HGETALL', CLASS)
for n = 1, #classes_of, 2 do
  local queue = classes_of[n]:match('^(%S+) ')
  for _, place in ipairs(queue and { 'ready:', 'due:' } or {}) do
    places[P .. place .. queue] = places[P .. place .. queue] or 0
  end
end
for key, expected in pairs(places) do must(call('ZCARD', key) == expected, 'whoever stands somewhere is a job that does', key) end
for _, text in ipairs({ ERROR, PARK, PROGRESS }) do must(call('HLEN', text) == (flagged[text] or 0), 'a text belongs to a job', text) end

local counted_as = call('HGETALL', COUNT)
for n = 1, #counted_as, 2 do
  must(tonumber(counted_as[n + 1]) == (sums[counted_as[n]] or 0), 'the counts are the sums', counted_as[n] .. ' ' .. counted_as[n + 1])
  sums[counted_as[n]] = nil
end
for field, number in pairs(sums) do must(false, 'the counts are the sums', field .. ' ' .. number) end
local function of_tally(what) return tonumber(call('HGET', TALLY, what) or 0) end
must(of_tally('accepted') == jobs + of_tally('removed') + of_tally('lost'), 'whatever was accepted is listed, removed or lost', of_tally('accepted'))

local keys, timed = call('HGETALL', KEY), 0
for n = 1, #keys, 2 do
  local stored = keys[n + 1]
  must(#stored == 24, 'a key has a holder', keys[n])
  local till = #stored == 24 and unpack_row('<i8', stored:sub(17)) or 0
  if till == -1 then
    load({ stored:sub(1, 16) })
    local row = readable(stored:sub(1, 16))
    must(row and row[STATE] < DONE, 'a key that only an end lets go belongs to a job that has not ended', keys[n])
  else
    timed = timed + 1
    must(tonumber(call('ZSCORE', KEYTIME, keys[n]) or 0) == till, 'the end of a key is known', keys[n])
  end
end
must(call('ZCARD', KEYTIME) == timed, 'only a key has an end', timed)

local entries, by_fate = call('HGETALL', FIRE), 0
for n = 1, #entries, 2 do
  local reason, job = entry_of(entries[n + 1])
  local missed = { policy = true, too_old = true, over_max = true }
  local fate = reason == '-' and 'fired' or missed[reason or ''] and 'missed' or 'skipped'
  local schedule, due = entries[n]:match('^(%S+) (%S+)$')
  must(reason and (reason == '-') == (job ~= '-'), 'a due instant has a job, or a reason why not', entries[n])
  must(call('ZSCORE', P .. 'fate:' .. fate, entries[n]), 'a due instant stands with its fate', entries[n])
  must(schedule and call('ZSCORE', P .. 'ledger:' .. fate .. ':' .. schedule, due), 'a due instant stands with its schedule', entries[n])
end
for _, fate in ipairs({ 'fired', 'skipped', 'missed' }) do by_fate = by_fate + call('ZCARD', P .. 'fate:' .. fate) end
must(by_fate == #entries / 2, 'whatever stands with a fate is a due instant', by_fate)
return ended(broken)
