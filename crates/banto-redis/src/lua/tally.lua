-- tally: what was counted since the store was made.
return ended({ call('HGETALL', TALLY) })
