-- instances: all that are registered. Answers the steady time, the boot, then for each its id and what is stored.
return ended({ string.format('%.0f', steady), boot, call('HGETALL', P .. 'instance') })
