-- Is everything as it came that a licence forbids to change?
-- A row: an item of a release in which something is masked, or that was encoded anew, though understood evidence forbids
-- derivatives. Evidence about a part of an item, such as a picture's credit in a page, does not speak of its text.
SELECT DISTINCT
  r.release,
  r.item,
  CASE WHEN i.verdict = 'redact' THEN 'masked' ELSE 'encoded anew as ' || r.reencoded END AS changed,
  e.kind AS evidence,
  e.expression
FROM release_item AS r
INNER JOIN item AS i ON i.run = r.run AND i.item = r.item
INNER JOIN evidence AS e ON e.run = r.run AND e.item = r.item
WHERE
  (i.verdict = 'redact' OR r.reencoded IS NOT NULL)
  AND e.about = 'licence'
  AND e.scope <> 'part'
  AND list_contains(string_split(e.conditions, ' '), 'no_derivatives')
