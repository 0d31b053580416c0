-- What was chosen of all that may stay, by what, and how much of it? One row for each run that chooses.
-- For model teams: how small the set is, and against what it was chosen.
CREATE VIEW subset AS
SELECT
  run,
  kind,
  method,
  seed,
  temperature,
  target,
  unit,
  asked,
  pool_items,
  pool_size,
  chosen_items,
  chosen_size,
  examples_again,
  unscored,
  unlabelled,
  bounded,
  chosen_size / pool_size AS share,
  nullif(outcome, '') AS outcome,
  queried
FROM log.subset
ORDER BY run;

COMMENT ON VIEW subset IS 'What was chosen in each run that chooses a part of what stays.';
COMMENT ON COLUMN subset.run IS 'The run.';
COMMENT ON COLUMN subset.kind IS 'text or image: what was chosen from.';
COMMENT ON COLUMN subset.method IS 'By what items are put in order: linear, importance, embedding, random, or the measure of a filter and which come first.';
COMMENT ON COLUMN subset.seed IS 'Of all that is left to chance.';
COMMENT ON COLUMN subset.temperature IS 'How much chance has a say beside the score.';
COMMENT ON COLUMN subset.target IS 'SHA-256 over the digests of the examples; empty where there are none.';
COMMENT ON COLUMN subset.unit IS 'tokens, bytes or items: that of the budget.';
COMMENT ON COLUMN subset.asked IS 'The budget.';
COMMENT ON COLUMN subset.pool_items IS 'Items that were there to be chosen from.';
COMMENT ON COLUMN subset.pool_size IS 'Their size.';
COMMENT ON COLUMN subset.chosen_items IS 'Items that are chosen.';
COMMENT ON COLUMN subset.chosen_size IS 'Their size.';
COMMENT ON COLUMN subset.examples_again IS 'Items that are one of the examples again, or nearly, and so were taken out before.';
COMMENT ON COLUMN subset.unscored IS 'Items without words, vector or measure, which are held.';
COMMENT ON COLUMN subset.unlabelled IS 'Items without a label, where the target has labels, which are held.';
COMMENT ON COLUMN subset.bounded IS 'Items for which the caps leave no room, however large the budget.';
COMMENT ON COLUMN subset.share IS 'Of the size that was there, what is chosen.';
COMMENT ON COLUMN subset.outcome IS 'What the curve of sizes came to, where the budget is auto; null where it was given.';
COMMENT ON COLUMN subset.queried IS 'Items of the catalog whose texts are examples, for the target has a query that gave them; 0 where it has none.';
