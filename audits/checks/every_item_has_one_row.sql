-- Does every position of every committed shard have exactly one row?
-- A row: a shard where positions are missing, doubled or out of range. Conservation starts here.
SELECT
  s.run,
  s.shard,
  s.items AS expected,
  count(i.position) AS rows_found,
  count(DISTINCT i.position) AS positions_found
FROM log.shard AS s
LEFT JOIN log.item AS i ON i.run = s.run AND i.shard = s.shard
WHERE s.status = 'committed'
GROUP BY s.run, s.shard, s.items
HAVING count(i.position) <> s.items OR count(DISTINCT i.position) <> s.items OR max(i.position) + 1 <> s.items
