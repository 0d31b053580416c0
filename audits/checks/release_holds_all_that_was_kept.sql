-- Is everything in the release that the catalog decided to keep, once?
-- A row: an item with the verdict keep or redact that is not in the run's release, or is there more than once.
SELECT
  rel.release,
  i.item,
  i.verdict,
  count(r.item) AS times_released
FROM release AS rel
INNER JOIN item AS i ON i.run = rel.run
LEFT JOIN release_item AS r ON r.release = rel.release AND r.item = i.item
WHERE i.verdict IN ('keep', 'redact')
GROUP BY rel.release, i.item, i.verdict
HAVING count(r.item) <> 1
