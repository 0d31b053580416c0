-- Is everything held that a filter could not look at?
-- A row: an item that a filter could not look at, and that has no decision of that filter. Unknown is never allow.
SELECT
  f.run,
  f.item,
  f.filter,
  f.status
FROM finding_status AS f
LEFT JOIN rule_fired AS d
  ON d.run = f.run AND d.item = f.item AND d.filter = f.filter AND d.outcome IN ('hold', 'drop')
WHERE f.status NOT IN ('seen', 'not_applicable') AND d.item IS NULL
