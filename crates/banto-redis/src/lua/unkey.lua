-- unkey: lets go of a key that only the end of a job would, when that job has ended and cannot say which key it had.
-- ARGV: the job's id, the key. Answers nothing.
local one = holder(ARGV[4])
if one and one.id == ARGV[3] and not one.till then let_go(ARGV[4], ARGV[3]) end
return ended({})
