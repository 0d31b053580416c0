-- Did the catalog decide to keep everything that is in the release?
-- A row: an item of the release whose verdict is hold or drop, or that the catalog does not know.
SELECT
  r.release,
  r.item,
  i.verdict
FROM release_item AS r
LEFT JOIN item AS i ON i.run = r.run AND i.item = r.item
WHERE i.item IS NULL OR i.verdict NOT IN ('keep', 'redact')
