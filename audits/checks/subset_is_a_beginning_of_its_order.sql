-- Is what was chosen a beginning of the order, within its budget, and is nothing kept that was not chosen?
-- A row: an item that is chosen or kept out of its turn, or the last one chosen where the sizes add up to too much.
SELECT
  c.run,
  c.item,
  c.rank,
  c.chosen,
  i.verdict
FROM choice AS c
INNER JOIN subset AS s ON s.run = c.run
INNER JOIN item AS i ON i.run = c.run AND i.item = c.item
WHERE
  c.chosen IS DISTINCT FROM coalesce(c.rank <= s.chosen_items, false)
  OR (NOT c.chosen AND i.verdict IN ('keep', 'redact'))
  OR (
    c.rank = s.chosen_items
    AND (
      s.chosen_size > s.asked
      OR s.chosen_size <> (SELECT sum(o.size) FROM choice AS o WHERE o.run = c.run AND o.chosen)
    )
  )
