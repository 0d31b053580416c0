-- Is exactly one rule decisive wherever rules were met, and is it the strictest of them?
-- A row: an item and filter with none, with several, or with a decisive rule milder than another.
SELECT
  run,
  shard,
  position,
  filter,
  count(*) FILTER (decisive) AS decisive_rules
FROM log.decision
GROUP BY run, shard, position, filter
HAVING
  count(*) FILTER (decisive) <> 1
  OR max(list_position(['redact', 'hold', 'drop'], outcome)) FILTER (decisive)
    <> max(list_position(['redact', 'hold', 'drop'], outcome))
