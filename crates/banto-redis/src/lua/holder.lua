-- holder: who holds a key. ARGV: the key. Answers an id and its end (-1: none), or nothing.
local one = holder(ARGV[3])
return ended(one and { one.id, one.till or -1 } or {})
