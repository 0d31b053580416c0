-- Can everything in a release be attributed?
-- A row: an item with neither title, source nor address; or with no licence, though a licence is what allows its use.
SELECT
  r.release,
  r.item,
  i.title IS NULL AND i.source IS NULL AND i.url IS NULL AS nameless,
  licence.label AS licence,
  basis.label AS basis
FROM release_item AS r
INNER JOIN item AS i ON i.run = r.run AND i.item = r.item
LEFT JOIN finding AS licence
  ON licence.run = r.run AND licence.item = r.item AND licence.filter = 'licence' AND licence.measure = 'expression'
LEFT JOIN finding AS basis
  ON basis.run = r.run AND basis.item = r.item AND basis.filter = 'licence' AND basis.measure = 'basis'
WHERE
  (i.title IS NULL AND i.source IS NULL AND i.url IS NULL)
  OR (licence.label IS NULL AND coalesce(basis.label, 'licence') IN ('licence', 'unknown'))
