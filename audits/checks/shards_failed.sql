-- Did any shard fail?
-- A row: a shard that could not be read. Its items are in no release; the run says `partly`.
-- asks: advisory
SELECT
  run,
  corpus,
  shard,
  failure,
  error_type
FROM shard
WHERE status <> 'committed'
