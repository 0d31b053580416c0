-- What is claimed about each item's licence? One row for each claim, understood or not.
-- For whoever must show why an item may be used.
CREATE VIEW evidence AS
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  e.kind,
  e.level,
  e.expression,
  e.licence_class,
  hex128(e.raw_hi, e.raw_lo) AS claim
FROM log.evidence AS e
INNER JOIN log.item AS i ON i.run = e.run AND i.shard = e.shard AND i.position = e.position;

COMMENT ON VIEW evidence IS 'Each claim about each item''s licence, and what it was understood as.';
COMMENT ON COLUMN evidence.run IS 'The run.';
COMMENT ON COLUMN evidence.item IS 'The item''s id.';
COMMENT ON COLUMN evidence.kind IS 'Who claims it, and how.';
COMMENT ON COLUMN evidence.level IS 'How much it weighs, 0 (a mention) to 6 (a contract on file).';
COMMENT ON COLUMN evidence.expression IS 'The SPDX expression; null if it was not understood.';
COMMENT ON COLUMN evidence.licence_class IS 'public_domain, permissive, …, unknown.';
COMMENT ON COLUMN evidence.claim IS 'Keyed digest of the claim as it was written: equal for equal claims.';
