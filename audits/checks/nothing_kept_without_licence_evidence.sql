-- Is there evidence of a right to use everything that is kept?
-- A row: an item that stays although no claim about its licence was understood, nor another basis declared.
SELECT
  i.run,
  i.item,
  i.verdict
FROM item AS i
LEFT JOIN evidence AS e
  ON e.run = i.run
  AND e.item = i.item
  AND (e.licence_class <> 'unknown' OR (e.about = 'basis' AND e.location NOT IN ('licence', 'unknown')))
WHERE i.verdict IN ('keep', 'redact') AND e.item IS NULL
