-- Finds the verdicts in ARGV from the third on: a lease with what becomes of its job, then the word and text, then why it is parked,
-- if there are such. Answers where each begins, their ids, and whether a job has more than one.
local VERDICT, MORE = '<c16I4c8BBI2I2i8B', 43
local function verdicts()
  local places, ids, met, twice, number, at, last = {}, {}, {}, false, 0, 3, #ARGV
  while at <= last do
    local id, more = ARGV[at]:sub(1, 16), ARGV[at]:byte(MORE)
    number = number + 1
    places[number], ids[number] = at, id
    twice = twice or met[id]
    met[id] = true
    at = at + 1 + has(more, 1) * 2 + has(more, 2) / 2
  end
  return places, ids, twice
end

-- Reads one.
local function verdict(at)
  local one = { id = false, fence = 0, token = false, to = 0, cause = 0, attempt = 0, crashes = 0, delay = 0 }
  local more
  one.id, one.fence, one.token, one.to, one.cause, one.attempt, one.crashes, one.delay, more = unpack_row(VERDICT, ARGV[at])
  if has(more, 1) ~= 0 then
    one.word, one.text = ARGV[at + 1], ARGV[at + 2]
    at = at + 2
  end
  if has(more, 2) ~= 0 then one.park = ARGV[at + 1] end
  return one
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
