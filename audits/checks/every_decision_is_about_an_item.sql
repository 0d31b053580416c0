-- Is every decision about an item that there is, with a reason from the closed list?
-- A row: a decision that hangs in the air.
SELECT
  d.run,
  d.shard,
  d.position,
  d.filter,
  d.reason
FROM log.decision AS d
LEFT JOIN log.item AS i ON i.run = d.run AND i.shard = d.shard AND i.position = d.position
LEFT JOIN log.reason AS r ON r.code = d.reason AND r.about = 'item'
WHERE i.position IS NULL OR r.code IS NULL
