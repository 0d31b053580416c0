-- What became of it all? One row for each run, kind of item and verdict.
-- For whoever wants the sum: in = keep + redact + hold + drop.
CREATE VIEW verdict AS
SELECT
  run,
  kind,
  verdict,
  count(*) AS items,
  sum(n_bytes)::UBIGINT AS n_bytes
FROM item
GROUP BY run, kind, verdict
ORDER BY run, kind, verdict;

COMMENT ON VIEW verdict IS 'Items by run, kind and verdict: together all that went in.';
COMMENT ON COLUMN verdict.run IS 'The run.';
COMMENT ON COLUMN verdict.kind IS 'text or image.';
COMMENT ON COLUMN verdict.verdict IS 'keep, redact, hold or drop.';
COMMENT ON COLUMN verdict.items IS 'How many.';
COMMENT ON COLUMN verdict.n_bytes IS 'Their size.';
