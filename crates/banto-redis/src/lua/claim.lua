-- claim: leases jobs to an instance.
-- ARGV: instance, lease_ms, limit, tokens (8 bytes each), the most that are made ready of a queue, the number of queues, the queues, the parked jobs to adopt.
-- Answers how long until time alone brings more (-1: never), ids in line that lead to no job that can be read, then for each
-- job its id, its row, what never changes, and what was last said of it.
local stop = moved(false)
if stop then return stop end
local instance, lease_ms, limit, tokens = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local promote_max, number = tonumber(ARGV[7]), tonumber(ARGV[8])
local queues, open, soon, given, lost, answer = {}, {}, {}, {}, {}, {}
local function soonest(queue) return tonumber(call('ZRANGE', P .. 'due:' .. queue, 0, 0, 'WITHSCORES')[2]) end
for n = 1, number do
  local queue = ARGV[8 + n]
  if open[queue] == nil then
    insert(queues, queue)
    local till = paused(PAUSE, queue)
    open[queue] = till or false
    soon[queue] = soonest(queue)
    if soon[queue] and soon[queue] <= wall then
      local due = call('ZRANGEBYSCORE', P .. 'due:' .. queue, '-inf', wall, 'LIMIT', 0, promote_max)
      load(due)
      for _, id in ipairs(due) do
        local row = readable(id)
        if row and row[STATE] == SCHEDULED then
          row[STATE] = READY
          -- One under which a process died takes the place it had when it came.
          if row[CRASHES] > 0 then row[RUN_AT] = math.min(row[RUN_AT], row[ENQUEUED]) end
          touch(row)
        else
          free('ZREM', P .. 'due:' .. queue, id)
          insert(lost, id)
        end
      end
    end
  end
end
if next(touched) or next(frees) then flush() end

-- What was given: the row, if it was taken apart; else only the words of one that has nothing else to it.
local taken, ids, raws, till = 0, {}, {}, steady + lease_ms
local function token() return tokens:sub(taken * 8 - 7, taken * 8) end
local function take(row)
  taken = taken + 1
  ids[taken], given[taken] = row.id, row
  row[STATE], row[CAUSE] = RUNNING, 0
  row[ATTEMPT] = math.min(row[ATTEMPT] + 1, 65535)
  row[FENCE] = math.min(row[FENCE] + 1, 4294967295)
  row[LEASE_MS], row[STARTED], row[INSTANCE] = lease_ms, wall, instance
  row[TOKEN], row.till = token(), till
  drop(row, F_PARK, PARK)
  drop(row, F_PROGRESS, PROGRESS)
  key_at_claim(row)
  touch(row)
end

-- Takes a job that has nothing else to it; by line, those that were taken so.
local left, ends = {}, text_of(till)
-- What is known of one of them: so one that stands in another line as well is not taken from there too.
local TAKEN = { readable = true, [STATE] = RUNNING }
local function take_plainly(id, stored, key)
  if rows[id] ~= nil or not stored or #stored ~= ROW_BYTES then return false end
  local state, flags, priority, cause, class, attempt, crashes, fence, _, run_at, enqueued, _, finished, _, _, written_fence, written =
    unpack_row(FORMAT, stored)
  if state ~= READY or flags ~= 0 or attempt >= 65535 or fence >= 4294967295 or seat(state, priority, run_at, class, 0) ~= key then
    return false
  end
  taken = taken + 1
  ids[taken] = id
  raws[taken] = pack_row(FORMAT, RUNNING, flags, priority, cause, class, attempt + 1, crashes, fence + 1, lease_ms,
    run_at, enqueued, wall, finished, instance, token(), written_fence, written)
  rows[id] = TAKEN
  local line = left[key]
  line.n = line.n + 1
  line[line.n] = id
  stands(id, ends, raws[taken], class)
  return true
end

local adopt = {}
for at = 9 + number, #ARGV do insert(adopt, ARGV[at]) end
load(adopt)
for _, id in ipairs(adopt) do
  local row = readable(id)
  if taken < limit and row and row[STATE] == PARKED and not paused(PAUSE, queue_of(row[CLASS_NO])) then take(row) end
end
for _, queue in ipairs(queues) do
  local key, from = P .. 'ready:' .. queue, 0
  left[key] = { n = 0 }
  while not open[queue] and taken < limit do
    local line_up = call('ZRANGE', key, from, from + limit - taken - 1)
    if #line_up == 0 then break end
    from = from + #line_up
    local stored = read(AT, line_up)
    for n, id in ipairs(line_up) do
      if not take_plainly(id, stored[n], key) then
        if rows[id] == nil then meet(id, stored[n]) end
        local row = readable(id)
        if row and row[STATE] == READY then
          take(row)
        else
          free('ZREM', key, id)
          -- One that can be read stands elsewhere as well, as it should.
          if not row then insert(lost, id) end
        end
      end
    end
  end
end
for key, line in pairs(left) do many('ZREM', key, line) end
write_plain(LEASE, READY, RUNNING)
counted('claimed', taken)
flush()

local next_due = nil
for _, queue in ipairs(queues) do
  local at = open[queue]
  if not at then
    at = soon[queue]
    -- What was due is ready by now.
    if at and at <= wall then at = soonest(queue) end
  elseif at == -1 then
    at = nil
  end
  if at and (not next_due or at < next_due) then next_due = at end
end
local spoken = {}
for n, row in pairs(given) do
  raws[n] = row.raw
  if has(row[FLAGS], F_ERROR) ~= 0 then insert(spoken, row.id) end
end
local errors = {}
for n, text in ipairs(read(ERROR, spoken)) do errors[spoken[n]] = text end
local statics = read(JOB, ids)
for n, id in ipairs(ids) do
  local at = n * 4
  answer[at - 3], answer[at - 2], answer[at - 1], answer[at] = id, raws[n], statics[n], errors[id] or ''
end
return ended({ next_due and math.max(next_due - wall, 0) or -1, lost, answer })
