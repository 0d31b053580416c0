-- Which files went in, and what became of each? One row for each shard of each run.
-- For data engineers after a partial run, and for auditors who compare inputs.
CREATE VIEW shard AS
SELECT
  run,
  corpus,
  name AS shard,
  sha256,
  n_bytes,
  status,
  failure,
  error_type,
  items,
  reused_from,
  subject_key
FROM log.shard
ORDER BY run, shard;

COMMENT ON VIEW shard IS 'Every file that a run was to read, and what became of it.';
COMMENT ON COLUMN shard.run IS 'The run.';
COMMENT ON COLUMN shard.corpus IS 'The corpus of the recipe.';
COMMENT ON COLUMN shard.shard IS 'Its place in the corpus.';
COMMENT ON COLUMN shard.sha256 IS 'SHA-256 of the bytes its items are made from.';
COMMENT ON COLUMN shard.n_bytes IS 'Its size.';
COMMENT ON COLUMN shard.status IS 'committed, failed or planned.';
COMMENT ON COLUMN shard.failure IS 'Why it failed, a code of the view reason.';
COMMENT ON COLUMN shard.error_type IS 'The class of the error.';
COMMENT ON COLUMN shard.items IS 'How many positions it has.';
COMMENT ON COLUMN shard.reused_from IS 'The run whose segment was taken over.';
COMMENT ON COLUMN shard.subject_key IS 'Id of the key under which the values found in it are named; null where it has none.';
