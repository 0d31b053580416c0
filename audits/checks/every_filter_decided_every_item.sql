-- Did every filter of the recipe run on every item of every shard, and does what it led to add up?
-- A row: a shard and filter where ran is not keep + redact + hold + drop, not all items, or not what the commit counted.
SELECT
  s.run,
  s.shard,
  u.filter,
  s.items,
  f.ran,
  f.keep,
  f.redact,
  f.hold,
  f."drop"
FROM log.shard AS s
INNER JOIN log.filter_used AS u ON u.run = s.run
LEFT JOIN log.shard_filter AS f ON f.run = s.run AND f.shard = s.shard AND f.filter = u.filter
WHERE
  s.status = 'committed'
  AND (
    f.ran IS DISTINCT FROM s.items
    OR f.ran IS DISTINCT FROM f.keep + f.redact + f.hold + f."drop"
  )
