-- What every verb works at: rows are loaded, changed in memory, and written back together at the end.
--
-- KEYS[1] what all keys of this store begin with (and their one hash tag); ARGV[1] the time: empty asks the server's clock,
-- else "wall steady boot"; ARGV[2] who calls, so that it need not be woken by itself. A verb's own words begin at ARGV[3].
-- Every answer is the wall-clock time, whether others were told of news, and the verb's own. Nothing is written before `flush`,
-- and what frees comes before what fills: so a script that ends jobs runs when memory is full. One that takes jobs writes what
-- fills first.

local P, call, unpack_row, pack_row = KEYS[1], redis.call, struct.unpack, struct.pack
local insert, has, set, unset = table.insert, bit.band, bit.bor, bit.bnot
local JOB, AT, IDS, CLASS, COUNT, TALLY = P .. 'job', P .. 'at', P .. 'ids', P .. 'class', P .. 'count', P .. 'tally'
local KEY, KEYTIME, ERROR, PARK, PROGRESS = P .. 'key', P .. 'keytime', P .. 'error', P .. 'park', P .. 'progress'
local LEASE, PAUSE, HALT, FIRE, NEWS = P .. 'lease', P .. 'pause', P .. 'halt', P .. 'fire', P .. 'news'

-- A row: the moving part of a job, in this order and these sizes.
local FORMAT = '<BBBBI4I2I2I4I4i8i8i8i8c8c8I4c8'
local ROW_BYTES = 80
local STATE, FLAGS, PRIORITY, CAUSE, CLASS_NO, ATTEMPT, CRASHES, FENCE, LEASE_MS = 1, 2, 3, 4, 5, 6, 7, 8, 9
local RUN_AT, ENQUEUED, STARTED, FINISHED, INSTANCE, TOKEN, WRITTEN_FENCE, WRITTEN = 10, 11, 12, 13, 14, 15, 16, 17
local SCHEDULED, READY, RUNNING, PARKED, DONE, DEAD, CANCELLED = 0, 1, 2, 3, 4, 5, 6
local F_CANCEL, F_ERROR, F_PROGRESS, F_PARK, F_KEYED, F_FIRE, F_TRAIL = 1, 2, 4, 8, 16, 32, 64
local NOBODY = '\0\0\0\0\0\0\0\0'
local PRIORITY_STEP = 281474976710656
local HOLD_QUEUED, HOLD_DONE, HOLD_REMEMBER, HOLD_PERIOD = 0, 1, 2, 3
local LINES_MAX = 200

local wall, steady, boot
if ARGV[1] == '' then
  local time = call('TIME')
  wall = time[1] * 1000 + math.floor(time[2] / 1000)
  steady, boot = wall, ''
else
  wall, steady, boot = ARGV[1]:match('^(%S+) (%S+) (%S*)$')
  wall, steady = tonumber(wall), tonumber(steady)
end

-- Calls a command with many values, in slices that the stack holds.
local function many(command, key, values)
  for from = 1, #values, 4000 do call(command, key, unpack(values, from, math.min(from + 3999, #values))) end
end

-- Reads many fields.
local function read(key, fields)
  if #fields <= 4000 then return #fields == 0 and {} or call('HMGET', key, unpack(fields)) end
  local found = {}
  for from = 1, #fields, 4000 do
    for _, value in ipairs(call('HMGET', key, unpack(fields, from, math.min(from + 3999, #fields)))) do insert(found, value) end
  end
  return found
end

-- What a class of jobs (queue, kind, version) is, and its number.
local classes = {}
local function queue_of(number)
  local queue = classes[number]
  if queue == nil then
    local text = call('HGET', CLASS, tostring(number)) or ''
    queue = text:match('^(%S+) ') or '?'
    classes[number] = queue
  end
  return queue
end
local function number_of(text)
  local number = call('HGET', CLASS, text)
  if number then return tonumber(number) end
  number = call('HINCRBY', CLASS, '#', 1)
  call('HSET', CLASS, text, number, tostring(number), text)
  return number
end

-- Rows by id: what was stored and what is to be. `false` is no such job; a row that cannot be read has only `raw`.
-- Made with all its fields at once: a table that grows field by field costs more than the rest of a job's way.
local rows, touched, touches = {}, {}, 0
local function row_of(id, raw, static, ...)
  return {
    id = id, raw = raw, static = static, readable = true, touched = false, till = false, gone = false,
    was = false, was_cause = false, was_priority = false, was_run_at = false, was_class = false, ...
  }
end
local function as_it_was(row)
  row.was, row.was_cause, row.was_priority, row.was_run_at, row.was_class =
    row[STATE], row[CAUSE], row[PRIORITY], row[RUN_AT], row[CLASS_NO]
end
-- Takes what is stored of a job apart, whatever that is.
local function meet(id, stored)
  local row = false
  if stored and #stored == ROW_BYTES then
    row = row_of(id, stored, false, unpack_row(FORMAT, stored))
    as_it_was(row)
    row.readable = row[STATE] <= CANCELLED
  elseif stored then
    row = { raw = stored }
  end
  rows[id] = row
end
local function load(ids)
  local missing, number = {}, 0
  for _, id in ipairs(ids) do
    if rows[id] == nil then
      rows[id] = false
      number = number + 1
      missing[number] = id
    end
  end
  for n, stored in ipairs(read(AT, missing)) do meet(missing[n], stored) end
end
local function readable(id)
  local row = rows[id]
  return row and row.readable and row or nil
end
local function touch(row)
  if not row.touched then
    touches = touches + 1
    row.touched, touched[touches] = true, row
  end
end

-- What is written at the end: by key, lists of values.
local frees, fills, lines, tally, counts, news = {}, {}, {}, {}, {}, false
local function free(command, key, value)
  local of = frees[command]
  if not of then of = {}; frees[command] = of end
  local list = of[key]
  if not list then list = { n = 0 }; of[key] = list end
  local n = list.n + 1
  list[n], list.n = value, n
end
local function fill(command, key, one, other)
  local of = fills[command]
  if not of then of = {}; fills[command] = of end
  local list = of[key]
  if not list then list = { n = 0 }; of[key] = list end
  -- Counted here: to ask a long list for its length costs more than all else.
  local n = list.n
  list[n + 1], list[n + 2], list.n = one, other, n + 2
end
-- A number as a command takes it, written out once: a script that hands over numbers pays for each.
local texts = { [0] = '0' }
local function text_of(number)
  local text = texts[number]
  if not text then
    text = string.format('%.17g', number)
    texts[number] = text
  end
  return text
end
local function counted(what, by) tally[what] = (tally[what] or 0) + by end
local function line(row, word, text)
  row[FLAGS] = set(row[FLAGS], F_TRAIL)
  touch(row)
  insert(lines, { row.id, pack_row('<i8I4', wall, row[FENCE]) .. word .. '\0' .. text })
end

-- Unique keys, with what this very call does to them. A holder is an id and, if there is one, an end.
local held = {}
local function holder(label)
  local one = held[label]
  if one == nil then
    local stored = call('HGET', KEY, label)
    one = false
    if stored and #stored == 24 then one = { id = stored:sub(1, 16), till = unpack_row('<i8', stored:sub(17)) } end
    if one and one.till == -1 then one.till = nil end
    held[label] = one
  end
  if not one or one.gone or (one.till and one.till <= wall) then return nil end
  return one
end
local function give(label, id, till) held[label] = { id = id, till = till, changed = true } end
local function let_go(label, id)
  local one = holder(label) or held[label]
  if one and one.id == id then held[label] = { gone = true, changed = true } end
end

-- The words before the payload in what never changes of a job: its hold, its key, and the due instant it is the run of.
local function static_in(stored)
  if not stored then return nil end
  local good, _, hold, hold_ms, label, fire = pcall(unpack_row, '<I4Bi8Bc0Bc0', stored)
  if not good then return nil end
  return { hold = hold, hold_ms = hold_ms, label = label, fire = fire }
end
local function static_of(id) return static_in(call('HGET', JOB, id)) end
local function key_at_claim(row)
  if has(row[FLAGS], F_KEYED) == 0 then return end
  local static = static_of(row.id)
  if static and static.hold == HOLD_QUEUED then let_go(static.label, row.id) end
end
local function key_at_end(row)
  if has(row[FLAGS], F_KEYED) == 0 then return end
  local static = static_of(row.id)
  if not static then return end
  if static.hold == HOLD_QUEUED or static.hold == HOLD_DONE then
    let_go(static.label, row.id)
  elseif static.hold == HOLD_REMEMBER then
    local one = holder(static.label) or held[static.label]
    if one and one.id == row.id then give(static.label, row.id, wall + static.hold_ms) end
  end
end

-- Where a job stands: a sorted set and its place there. One that runs stands where its lease ends.
local READY_AT, DUE_AT = {}, {}
local PARKED_AT, DONE_AT, DEAD_AT, CANCELLED_AT = P .. 'parked', P .. 'done', P .. 'dead', P .. 'cancelled'
local function seat(state, priority, run_at, class, finished)
  if state == READY then
    local key = READY_AT[class]
    if not key then
      key = P .. 'ready:' .. queue_of(class)
      READY_AT[class] = key
    end
    return key, priority * PRIORITY_STEP + math.max(run_at, 0)
  elseif state == RUNNING then return LEASE
  elseif state == DONE then return DONE_AT, finished
  elseif state == SCHEDULED then
    local key = DUE_AT[class]
    if not key then
      key = P .. 'due:' .. queue_of(class)
      DUE_AT[class] = key
    end
    return key, run_at
  elseif state == PARKED then return PARKED_AT, 0
  elseif state == DEAD then return DEAD_AT, finished
  else return CANCELLED_AT, finished end
end
local function counter(class, state, cause)
  if state == PARKED then return class .. ':3:' .. cause end
  return class .. ':' .. state
end
-- By class, state and cause in one number, for it is done for every job.
local function count(class, state, cause, by)
  local at = class * 64 + state * 8 + (state == PARKED and cause or 0)
  counts[at] = (counts[at] or 0) + by
end

local function leave(row)
  local key = seat(row.was, row.was_priority, row.was_run_at, row.was_class, 0)
  free('ZREM', key, row.id)
  if row.was == DEAD then free('ZREM', P .. 'died:' .. queue_of(row.was_class), row.id) end
  count(row.was_class, row.was, row.was_cause, -1)
end
local function arrive(row)
  local state = row[STATE]
  local key, score = seat(state, row[PRIORITY], row[RUN_AT], row[CLASS_NO], row[FINISHED])
  if state == RUNNING then score = row.till end
  if score then fill('ZADD', key, text_of(score), row.id) end
  if state == DEAD then fill('ZADD', P .. 'died:' .. queue_of(row[CLASS_NO]), text_of(score), row.id) end
  count(row[CLASS_NO], state, row[CAUSE], 1)
end

-- Forgets a text that a flag tells of.
local function drop(row, flag, key)
  if has(row[FLAGS], flag) == 0 then return end
  free('HDEL', key, row.id)
  row[FLAGS] = has(row[FLAGS], unset(flag))
end
local function keep(row, flag, key, text)
  fill('HSET', key, row.id, text)
  row[FLAGS] = set(row[FLAGS], flag)
end

local function settle(row)
  row.touched = false
  if row.gone then
    leave(row)
    free('HDEL', JOB, row.id)
    free('HDEL', AT, row.id)
    free('ZREM', IDS, row.id)
    for _, text in ipairs({ { F_ERROR, ERROR }, { F_PARK, PARK }, { F_PROGRESS, PROGRESS } }) do drop(row, text[1], text[2]) end
    if has(row[FLAGS], F_TRAIL) ~= 0 then free('DEL', P .. 'trail:' .. row.id, true) end
    rows[row.id] = false
    return
  end
  local state = row[STATE]
  if not row.was then
    if row.static then fill('HSET', JOB, row.id, row.static) end
    fill('ZADD', IDS, '0', row.id)
    arrive(row)
  elseif row.was ~= state or row.was_cause ~= row[CAUSE] or row.was_run_at ~= row[RUN_AT] then
    leave(row)
    arrive(row)
  elseif row.till then
    fill('ZADD', LEASE, text_of(row.till), row.id)
  end
  row.raw = pack_row(FORMAT, unpack(row, 1, WRITTEN))
  fill('HSET', AT, row.id, row.raw)
  as_it_was(row)
  row.till = false
end

local function write(of)
  for command, keys in pairs(of) do
    for key, values in pairs(keys) do many(command, key, values) end
  end
end

-- Writes all that was changed since the last time. What is written first decides whether a full server lets the whole through: it does
-- where that frees, even if there is nothing to; with `fills_first` it does not.
local function flush(fills_first)
  local settled = touched
  touched, touches = {}, 0
  for _, row in ipairs(settled) do settle(row) end
  for label, one in pairs(held) do
    if one and one.changed then
      if one.gone then
        free('HDEL', KEY, label)
      else
        fill('HSET', KEY, label, one.id .. pack_row('<i8', one.till or -1))
      end
      if one.till then fill('ZADD', KEYTIME, text_of(one.till), label) else free('ZREM', KEYTIME, label) end
    end
  end
  held = {}
  if fills_first then write(fills) elseif next(fills) and not next(frees) then call('DEL', P .. 'room') end
  for key, _ in pairs(frees.DEL or {}) do call('DEL', key) end
  frees.DEL = nil
  write(frees)
  if not fills_first then write(fills) end
  for _, said in ipairs(lines) do
    local trail = P .. 'trail:' .. said[1]
    if call('RPUSH', trail, said[2]) > LINES_MAX then call('LTRIM', trail, -LINES_MAX, -1) end
  end
  for at, by in pairs(counts) do
    local field = counter(math.floor(at / 64), math.floor(at % 64 / 8), at % 8)
    if by ~= 0 and call('HINCRBY', COUNT, field, by) == 0 then call('HDEL', COUNT, field) end
  end
  for what, by in pairs(tally) do
    if by ~= 0 then call('HINCRBY', TALLY, what, by) end
  end
  frees, fills, lines, counts, tally = {}, {}, {}, {}, {}
end
local function ended(answer, fills_first)
  flush(fills_first)
  if news then call('PUBLISH', NEWS, ARGV[2]) end
  return { wall, news and 1 or 0, answer }
end

-- An id as text.
local function hex(id) return (id:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
-- What the ledger says of a due instant: why it did not fire (- if it did), its job, when it was written, whom it overlapped.
local function entry_of(stored) return (stored or ''):match('^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n') end

-- A lease as its holder names it: job, fence and token in one text.
local function lease_of(text)
  local id, fence, token = unpack_row('<c16I4c8', text)
  return id, fence, token
end
local function held_by(row, fence, token)
  return row and row[STATE] == RUNNING and row[FENCE] == fence and row[TOKEN] == token
end

-- The end of a pause in force: nil if there is none, -1 if it has none.
local function paused(key, what)
  local stored = call('HGET', key, what)
  local till = stored and stored:match('^(%S+)\n')
  if not till then return nil end
  if till == '-' then return -1 end
  till = tonumber(till)
  return till and till > wall and till or nil
end

-- Whether a standing has all of its fields, each of its sort, and no others.
local function whole(read)
  for what, value in pairs(read) do
    if what == 'at' then
      if type(value) ~= 'number' or value % 1 ~= 0 then return false end
    elseif what == 'bookmark' then
      if type(value) ~= 'string' and value ~= cjson.null then return false end
    elseif (what ~= 'id' and what ~= 'stand' and what ~= 'place' and what ~= 'by') or type(value) ~= 'string' then
      return false
    end
  end
  return read.at and read.place and read.by and read.id and #read.id == 16 and not read.id:find('%X')
end

-- What is answered instead, where this store moves to or from another and does not do that meanwhile. What cannot be read lets
-- nobody in: a store that may have left must not give work.
local function moved(takes_jobs)
  local standing = call('GET', P .. 'standing')
  if not standing or standing == '' then return nil end
  local stand, words = standing:match('^(%l+)\n(.*)$')
  local sound, read = pcall(cjson.decode, words or '')
  if not sound or type(read) ~= 'table' or read.stand ~= stand or not whole(read) then return { wall, 2, '' } end
  if stand == 'cleared' or stand == 'arrived' or (takes_jobs and stand == 'leaving') then return nil end
  return { wall, 2, words }
end

-- The machine has started anew since: whoever held a lease is dead, so all leases are over, in the order that they had.
if boot ~= '' then
  local last = call('GET', P .. 'boot')
  if last ~= boot then
    if last then
      local leases = call('ZRANGE', LEASE, 0, -1, 'WITHSCORES')
      for n = 1, #leases, 2 do
        local till = tonumber(leases[n + 1])
        if till > -2251799813685248 then call('ZADD', LEASE, till - 4503599627370496, leases[n]) end
      end
    end
    call('SET', P .. 'boot', boot)
  end
end
