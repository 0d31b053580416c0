-- Is the licence undisputed of everything that stays by its licence?
-- A row: an item that stays although evidence that weighs something names licences of several classes.
-- Evidence for a part of the item, or for what it was made from, is no dispute.
SELECT
  rel.release,
  r.run,
  r.item,
  string_agg(DISTINCT e.licence_class, ', ' ORDER BY e.licence_class) AS classes
FROM rights AS r
INNER JOIN evidence AS e ON e.run = r.run AND e.item = r.item
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE
  r.verdict IN ('keep', 'redact')
  AND r.basis = 'licence'
  AND e.about = 'licence'
  AND e.level >= 1
  AND e.scope <> 'part'
  AND e.kind <> 'ancestor'
  AND e.licence_class <> 'unknown'
GROUP BY rel.release, r.run, r.item
HAVING count(DISTINCT e.licence_class) > 1
