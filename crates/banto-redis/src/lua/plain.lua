-- Jobs that have nothing else to them, no key, no text, are most: they are moved without being taken apart into tables, which is half
-- of the cost. Gathered here: where they stand then, as what, and how many there are of a class.
local plain_stand, plain_as, plain_classes, plain_at = {}, {}, {}, 0
local function stands(id, score, raw, class)
  local at = plain_at + 2
  plain_stand[at - 1], plain_stand[at], plain_as[at - 1], plain_as[at], plain_at = score, id, id, raw, at
  plain_classes[class] = (plain_classes[class] or 0) + 1
end
-- Writes them: all stand at that key, and came from one state to another.
local function write_plain(key, from, to)
  many('ZADD', key, plain_stand)
  many('HSET', AT, plain_as)
  for class, n in pairs(plain_classes) do
    count(class, from, 0, -n)
    count(class, to, 0, n)
  end
end
