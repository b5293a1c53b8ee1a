-- settle: a step of a move, if the store still stands as it did when that was decided.
-- ARGV: how it stands and how it will (empty: in no move), the step; for a clear how many jobs and how the store stands when none
-- is left; for a put its things, each with its word first.
-- Answers whether it was done (1 or 0), how many jobs were new, whether there is more to clear (1 or 0).
local STANDING, step = P .. 'standing', ARGV[5]
local fresh, more, stands = 0, 0, ARGV[4]
if (call('GET', STANDING) or '') ~= ARGV[3] then return ended({ 0, 0, 0 }) end
if step == 'close' and call('ZCARD', LEASE) > 0 then return ended({ 0, 0, 0 }) end
if step == 'arrive' and call('ZCARD', IDS) + call('HLEN', P .. 'service') > 0 then return ended({ 0, 0, 0 }) end

local puts, at = {}, 6
local function word()
  at = at + 1
  return ARGV[at - 1]
end
function puts.job()
  local id, moving, static, class, said, park, progress = word(), word(), word(), word(), word(), word(), word()
  local trail = {}
  for n = 1, tonumber(word()) do trail[n] = word() end
  load({ id })
  if rows[id] then return end
  local row = row_of(id, false, static, unpack_row(FORMAT, moving))
  row[CLASS_NO] = number_of(class)
  if said ~= '-' then keep(row, F_ERROR, ERROR, said:sub(2)) end
  if park ~= '-' then keep(row, F_PARK, PARK, park:sub(2)) end
  if progress ~= '-' then keep(row, F_PROGRESS, PROGRESS, progress:sub(2)) end
  if #trail > 0 then row[FLAGS] = set(row[FLAGS], F_TRAIL) end
  for _, said_then in ipairs(trail) do insert(lines, { id, said_then }) end
  rows[id] = row
  touch(row)
  counted('accepted', 1)
  fresh = fresh + 1
end
function puts.key()
  local label, id, till = word(), word(), tonumber(word())
  load({ id })
  local row = readable(id)
  local static = row and (static_in(row.static) or static_of(id))
  if till then
    give(label, id, till)
  elseif row and row[STATE] < DONE and static and static.label == label then
    give(label, id, nil)
  end
end
function puts.field()
  local key, field, value = word(), word(), word()
  fill('HSET', P .. key, field, value)
end
function puts.fire()
  local field, fate, entry, output, last = word(), word(), word(), word(), word()
  local schedule, due = field:match('^(%S+) (%S+)$')
  for _, other in ipairs({ 'fired', 'skipped', 'missed' }) do
    if other ~= fate then
      free('ZREM', P .. 'fate:' .. other, field)
      free('ZREM', P .. 'ledger:' .. other .. ':' .. schedule, due)
    end
  end
  fill('HSET', FIRE, field, entry)
  fill('ZADD', P .. 'fate:' .. fate, due, field)
  fill('ZADD', P .. 'ledger:' .. fate .. ':' .. schedule, due, due)
  if output ~= '' then fill('HSET', P .. 'output', field, output) end
  if last ~= '' then fill('HSET', P .. 'last', field, last) end
end

if step == 'put' then
  -- Asked of memory before anything is written.
  call('SET', P .. 'room', '1')
  while at <= #ARGV do puts[word()]() end
elseif step == 'clear' then
  local ids = call('ZRANGE', IDS, 0, tonumber(ARGV[6]) - 1)
  load(ids)
  for _, id in ipairs(ids) do
    local row = readable(id)
    if row then
      row.gone = true
      touch(row)
    else
      for _, key in ipairs({ JOB, AT, ERROR, PARK, PROGRESS }) do free('HDEL', key, id) end
      free('ZREM', IDS, id)
    end
    counted('removed', 1)
  end
  flush()
  if call('ZCARD', IDS) > 0 then
    more = 1
  else
    stands = ARGV[7]
    for _, field in ipairs(call('HKEYS', FIRE)) do
      for _, fate in ipairs({ 'fired', 'skipped', 'missed' }) do
        free('DEL', P .. 'ledger:' .. fate .. ':' .. (field:match('^(%S+) ') or ''), true)
        free('DEL', P .. 'fate:' .. fate, true)
      end
    end
    for _, key in ipairs({ 'key', 'keytime', 'service', 'schedule', 'model', 'fire', 'output', 'last', 'pause', 'halt', 'count' }) do
      free('DEL', P .. key, true)
    end
  end
end
flush()
if stands == '' then call('DEL', STANDING) else call('SET', STANDING, stands) end
call('DEL', P .. 'room')
news = true
return ended({ 1, fresh, more })
