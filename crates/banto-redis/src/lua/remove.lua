-- Deletes a job that has ended. What became of it stays with the due instant that it is the run of.
local function remove(row)
  if has(row[FLAGS], F_FIRE) ~= 0 then
    local static = static_of(row.id)
    local _, job = entry_of(static and call('HGET', FIRE, static.fire))
    if job == hex(row.id) then
      local said = has(row[FLAGS], F_ERROR) ~= 0 and call('HGET', ERROR, row.id)
      fill('HSET', P .. 'last', static.fire, row.raw .. (said or ''))
    end
  end
  row.gone = true
  touch(row)
  counted('removed', 1)
end
