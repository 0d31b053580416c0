-- Does a release hold anything that is on a blocklist?
-- A row: an item of the release whose content this run or a later one found on a list, and by which entry.
WITH listed AS (
  SELECT
    i.content_hi,
    i.content_lo,
    r.started_at,
    f.run,
    f.list,
    f.entry,
    f.algorithm,
    f.distance
  FROM log.blocklist_found AS f
  INNER JOIN log.item AS i ON i.run = f.run AND i.shard = f.shard AND i.position = f.position
  INNER JOIN log.run AS r ON r.run = f.run
  WHERE f.listed > 0
)
SELECT
  s.release,
  hex128(i.item_hi, i.item_lo) AS item,
  l.run AS found_by,
  l.list,
  l.entry,
  l.algorithm,
  l.distance
FROM log.release_item AS s
INNER JOIN log.run AS r ON r.run = s.run
INNER JOIN log.item AS i ON i.run = s.run AND i.shard = s.shard AND i.position = s.position
INNER JOIN listed AS l ON l.content_hi = i.content_hi AND l.content_lo = i.content_lo AND l.started_at >= r.started_at
QUALIFY row_number() OVER (PARTITION BY s.release, i.item_hi, i.item_lo ORDER BY l.started_at, l.run) = 1
