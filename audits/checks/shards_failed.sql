-- Did any shard fail?
-- A row: a shard that failed, or was not reached. Its items are in no release; a run that is through says `partly`.
-- asks: advisory
SELECT
  run,
  corpus,
  shard,
  failure,
  error_type
FROM shard
WHERE status <> 'committed'
