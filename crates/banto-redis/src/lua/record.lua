-- record: writes down what running jobs say of themselves.
-- ARGV: for each its lease, what it is (progress, line, output), and the text. Answers how many were written.
local ids, written = {}, 0
for at = 3, #ARGV, 3 do insert(ids, ARGV[at]:sub(1, 16)) end
load(ids)
for at = 3, #ARGV, 3 do
  local id, fence, token = lease_of(ARGV[at])
  local row, what, text = readable(id), ARGV[at + 1], ARGV[at + 2]
  local holds = held_by(row, fence, token)
  if holds and what == 'progress' then
    keep(row, F_PROGRESS, PROGRESS, text)
    touch(row)
  elseif holds and what == 'line' then
    line(row, 'log', text)
  elseif holds then
    -- Only a job that belongs to a due instant leaves something behind.
    local static = has(row[FLAGS], F_FIRE) ~= 0 and static_of(id)
    local _, job = entry_of(static and call('HGET', FIRE, static.fire))
    holds = job == hex(id)
    if holds then fill('HSET', P .. 'output', static.fire, text) end
  end
  if holds then written = written + 1 end
end
return ended({ written })
