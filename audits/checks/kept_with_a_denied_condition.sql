-- Is nothing kept whose licence has a condition that the policy refuses?
-- A row: an item that stays although evidence for it has such a condition.
SELECT DISTINCT
  rel.release,
  r.run,
  r.item,
  u.measure AS condition
FROM rights AS r
INNER JOIN log.limit_used AS u ON u.run = r.run AND u.rule = 'licence.deny' AND u.measure IS NOT NULL
INNER JOIN evidence AS e ON e.run = r.run AND e.item = r.item
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE
  r.verdict IN ('keep', 'redact')
  AND e.scope <> 'part'
  AND list_contains(string_split(e.conditions, ' '), u.measure)
