-- How good would each size of the subset have been? One row for each size that was measured, where the budget is auto.
-- For model teams: the evidence for the size that was taken.
CREATE VIEW size_curve AS
SELECT
  run,
  share,
  items,
  bytes,
  learned,
  per,
  bits,
  low,
  high,
  worse_off,
  accuracy,
  random,
  general
FROM log.size_curve
ORDER BY run, share;

COMMENT ON VIEW size_curve IS 'The learning curve by which the size of a subset was found.';
COMMENT ON COLUMN size_curve.run IS 'The run.';
COMMENT ON COLUMN size_curve.share IS 'The size, as a share of the bytes that could be chosen.';
COMMENT ON COLUMN size_curve.items IS 'How many items that is.';
COMMENT ON COLUMN size_curve.bytes IS 'And how many bytes.';
COMMENT ON COLUMN size_curve.learned IS 'Bytes that the learner saw: no more than the training will.';
COMMENT ON COLUMN size_curve.per IS 'byte or label: what bits are counted for each of.';
COMMENT ON COLUMN size_curve.bits IS 'That the held-out texts of the target, or their labels, take after this size was learned: fewer are better.';
COMMENT ON COLUMN size_curve.low IS 'Lower bound of its 95 % interval.';
COMMENT ON COLUMN size_curve.high IS 'Upper bound of its 95 % interval.';
COMMENT ON COLUMN size_curve.worse_off IS 'The share of held-out texts that take noticeably more bits than after the whole.';
COMMENT ON COLUMN size_curve.accuracy IS 'The share of held-out texts whose label is told right; null where none is asked for.';
COMMENT ON COLUMN size_curve.random IS 'Bits after as much by chance; null where that was not measured.';
COMMENT ON COLUMN size_curve.general IS 'Bits for each byte of general texts that the model knew before: more are forgotten. Null where it is not trained on.';
