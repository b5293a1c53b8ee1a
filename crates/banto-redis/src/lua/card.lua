-- card: one job as it is stored, with its trail. ARGV: its id.
-- Answers its row, what never changes, what was last said, why it is parked, how far it is; then the lines of its trail.
local id, answer = ARGV[3], {}
for _, key in ipairs({ AT, JOB, ERROR, PARK, PROGRESS }) do insert(answer, call('HGET', key, id) or false) end
return ended({ answer, call('LRANGE', P .. 'trail:' .. id, 0, -1) })
