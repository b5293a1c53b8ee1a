-- prune: deletes what has ended long enough ago, keys whose time is over and instances long gone.
-- ARGV: how long done, dead and cancelled jobs stay, how long instances stay, how long one that is silent lives, the most jobs and the most rows of the ledger,
-- how long rows stay that fired or were missed, and those that were skipped.
-- Answers how many jobs, keys, instances and rows went, and whether there is more.
local stop = moved(false)
if stop then return stop end
local limit, old = tonumber(ARGV[8]), {}
for n, name in ipairs({ 'done', 'dead', 'cancelled' }) do
  local found = call('ZRANGEBYSCORE', P .. name, '-inf', wall - tonumber(ARGV[2 + n]), 'WITHSCORES', 'LIMIT', 0, limit + 1)
  for at = 1, #found, 2 do insert(old, { tonumber(found[at + 1]), found[at], P .. name }) end
end
table.sort(old, function(one, other) return one[1] < other[1] or (one[1] == other[1] and one[2] < other[2]) end)
local more, ids, jobs = #old > limit, {}, 0
for n = 1, math.min(limit, #old) do insert(ids, old[n][2]) end
load(ids)
for n, id in ipairs(ids) do
  local row = readable(id)
  if row and row[STATE] >= DONE then
    remove(row)
    jobs = jobs + 1
  elseif not row then
    -- A place that leads to no job.
    free('ZREM', old[n][3], id)
  end
end

local keys = call('ZRANGEBYSCORE', KEYTIME, '-inf', wall, 'LIMIT', 0, 5000)
for _, label in ipairs(keys) do
  free('HDEL', KEY, label)
  free('ZREM', KEYTIME, label)
end
more = more or #keys == 5000

local instances, all = 0, call('HGETALL', P .. 'instance')
for n = 1, #all, 2 do
  local beat, left, of_boot = all[n + 1]:match('^%S+ (%S+) (%S+) ([^\n]*)\n')
  local silent = steady
  if beat and of_boot == boot then silent = math.max(steady - tonumber(beat), 0) end
  local living = left == '0' and of_boot == boot and silent <= tonumber(ARGV[7])
  if not living and silent >= tonumber(ARGV[6]) then
    free('HDEL', P .. 'instance', all[n])
    free('HDEL', P .. 'restart', all[n])
    instances = instances + 1
  end
end
flush()

-- Rows of the ledger go by their due instant. The last of each fate of a schedule stays, and so does one whose job is listed.
local due, names = {}, { 'fired', 'skipped', 'missed' }
for fate, name in ipairs(names) do
  local latest, found, from = wall - tonumber(ARGV[fate == 2 and 10 or 9]), 0, 0
  while found <= limit and from < 10000 do
    local page = call('ZRANGEBYSCORE', P .. 'fate:' .. name, '-inf', latest, 'LIMIT', from, 500)
    from = from + #page
    for _, field in ipairs(page) do
      local schedule, at = field:match('^(%S+) (%S+)$')
      local last = call('ZREVRANGE', P .. 'ledger:' .. name .. ':' .. schedule, 0, 0)[1]
      local _, job = entry_of(call('HGET', FIRE, field))
      local listed = job and #job == 32 and call('HEXISTS', AT, (job:gsub('..', function(c) return string.char(tonumber(c, 16)) end))) == 1
      if last ~= at and not listed and found <= limit then
        found = found + 1
        insert(due, { tonumber(at), schedule, at, name })
      end
    end
    if #page < 500 then break end
  end
end
table.sort(due, function(one, other) return one[1] < other[1] or (one[1] == other[1] and one[2] < other[2]) end)
more = more or #due > limit
for n = 1, math.min(limit, #due) do
  local field = due[n][2] .. ' ' .. due[n][3]
  for _, key in ipairs({ FIRE, P .. 'output', P .. 'last' }) do free('HDEL', key, field) end
  free('ZREM', P .. 'fate:' .. due[n][4], field)
  free('ZREM', P .. 'ledger:' .. due[n][4] .. ':' .. due[n][2], due[n][3])
end
return ended({ jobs, #keys, instances, math.min(limit, #due), more and 1 or 0 })
