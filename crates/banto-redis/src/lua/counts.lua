-- counts: how many jobs there are by class and state, and what the classes are.
return ended({ call('HGETALL', COUNT), call('HGETALL', CLASS) })
