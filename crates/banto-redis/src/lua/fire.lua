-- fire: accounts for due instants, as one step.
-- ARGV: the service, by whom, until (empty: says nothing), the generation, whether it may go back (1 or 0), the number of
-- classes, each class; then for each due instant its schedule, its revision, when it was due, whether it fires in maintenance
-- (1 or 0), why it does not run (empty: it runs), its words; and if it runs its job as `enqueue` has it.
-- Answers for each "there", "stale", "run", or why it does not run.
local stop = moved(false)
if stop then return stop end
local SCHEDULE, SERVICE = P .. 'schedule', P .. 'service'
local service, by, till, of_generation, rewinds = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1'
local number, known, at, answer, ids = tonumber(ARGV[8]), {}, nil, {}, {}
local MISSED = { policy = true, too_old = true, over_max = true }
local function fate_of(reason) return reason == '-' and 'fired' or MISSED[reason] and 'missed' or 'skipped' end
call('SET', P .. 'room', '1')
for n = 1, number do known[n] = number_of(ARGV[8 + n]) end
at = 9 + number
while at <= #ARGV do
  if ARGV[at + 4] == '' then insert(ids, ARGV[at + 6]) end
  at = at + (ARGV[at + 4] == '' and 9 or 6)
end
load(ids)

local entries = {}
local function fire_one(schedule, due, anyhow, reason, words, job)
  local field = schedule .. ' ' .. due
  local old = entry_of(entries[field] or call('HGET', FIRE, field))
  if old and not (reason == '' and fate_of(old) == 'missed') then return 'there' end
  local over, id = '-', '-'
  if reason == '' then
    if paused(HALT, schedule) then reason = 'paused'
    elseif anyhow ~= '1' and paused(HALT, '') then reason = 'maintenance'
    else
      local class, priority, due_kind, due_at, flags = unpack_row('<I2BBi8B', ARGV[job + 1])
      local other, fresh = accept(ARGV[job], known[class], priority, due_kind, due_at, flags, ARGV[job + 2])
      if fresh then
        reason, id = '-', hex(ARGV[job])
      else
        reason, over = 'overlap', hex(other)
      end
    end
  end
  local fate = fate_of(reason)
  if old then
    free('ZREM', P .. 'fate:' .. fate_of(old), field)
    free('ZREM', P .. 'ledger:' .. fate_of(old) .. ':' .. schedule, due)
  end
  entries[field] = reason .. '\n' .. id .. '\n' .. string.format('%.0f', wall) .. '\n' .. over .. '\n' .. words
  fill('HSET', FIRE, field, entries[field])
  fill('ZADD', P .. 'fate:' .. fate, due, field)
  fill('ZADD', P .. 'ledger:' .. fate .. ':' .. schedule, due, due)
  return reason == '-' and 'run' or reason
end

at = 9 + number
while at <= #ARGV do
  local schedule, reason = ARGV[at], ARGV[at + 4]
  local owner, revision, _, retired = (call('HGET', SCHEDULE, schedule) or ''):match('^(%S+) (%S+) (%S+) (%S+)$')
  local said = 'stale'
  if owner == service and revision == ARGV[at + 1] and retired == '-' then
    said = fire_one(schedule, ARGV[at + 2], ARGV[at + 3], reason, ARGV[at + 5], at + 6)
  end
  insert(answer, said)
  at = at + (reason == '' and 9 or 6)
end

local generation, registered_by, until_now = (call('HGET', SERVICE, service) or ''):match('^(%S+) (%S+) (%S+) ')
if till ~= '' and generation == of_generation then
  if rewinds or tonumber(till) > tonumber(until_now) then until_now = till end
  local base = string.format('%.0f', wall - steady)
  fill('HSET', SERVICE, service, generation .. ' ' .. registered_by .. ' ' .. until_now .. ' ' .. by .. ' ' .. base .. ' ' .. boot)
end
return ended({ answer })
