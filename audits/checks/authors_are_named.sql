-- Is somebody named as the author wherever the licence asks for attribution?
-- A row: a licence of a release that asks for it, with items of which nobody says who made them.
-- asks: advisory
SELECT
  release,
  licence,
  items,
  authorless
FROM obligation
WHERE authorless > 0 AND list_contains(string_split(conditions, ' '), 'attribution')
