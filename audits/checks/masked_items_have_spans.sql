-- Is something on record to be masked in every item that was to be masked?
-- A row: an item whose personal data was to be masked, without a single place on record.
SELECT
  d.run,
  d.shard,
  d.position
FROM (SELECT DISTINCT run, shard, position FROM log.decision WHERE reason = 'personal_data_masked') AS d
LEFT JOIN log.span AS s
  ON s.run = d.run AND s.shard = d.shard AND s.position = d.position AND s.filter = 'personal_data'
WHERE s.position IS NULL
