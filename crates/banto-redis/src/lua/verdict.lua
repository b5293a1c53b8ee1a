-- Reads verdicts from ARGV[3] on: a lease with what becomes of its job, then the word and text, then why it is parked, if there are such.
local function verdicts()
  local found, ids, at = {}, {}, 3
  while at <= #ARGV do
    local one = {}
    local more
    one.id, one.fence, one.token, one.to, one.cause, one.attempt, one.crashes, one.delay, more =
      unpack_row('<c16I4c8BBI2I2i8B', ARGV[at])
    if has(more, 1) ~= 0 then
      one.word, one.text = ARGV[at + 1], ARGV[at + 2]
      at = at + 2
    end
    if has(more, 2) ~= 0 then
      one.park = ARGV[at + 1]
      at = at + 1
    end
    at = at + 1
    insert(found, one)
    insert(ids, one.id)
  end
  load(ids)
  return found
end

-- Writes a verdict on a running job.
local function write(row, one)
  if one.text then
    line(row, one.word, one.text)
    keep(row, F_ERROR, ERROR, one.text)
  end
  row[STATE], row[ATTEMPT], row[CRASHES], row[CAUSE] = one.to, one.attempt, one.crashes, one.cause
  if one.park then keep(row, F_PARK, PARK, one.park) else drop(row, F_PARK, PARK) end
  -- What is ready again keeps its place in line.
  if one.to == SCHEDULED then row[RUN_AT] = wall + one.delay end
  if one.to >= DONE then
    row[FINISHED] = wall
    key_at_end(row)
  else
    news = true
  end
  touch(row)
end
