-- What did each filter lead to, for each item? One row for each item and filter that ran on it, kept ones too.
-- For auditors: this is the complete record of decisions.
CREATE VIEW decision AS
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  f.filter,
  u.version AS filter_version,
  u.digest AS filter_digest,
  CASE
    WHEN f.filter <> 'reader' THEN s.status
    WHEN i.reason IS NULL THEN 'seen'
    ELSE 'unreadable'
  END AS status,
  coalesce(d.outcome, 'keep') AS outcome,
  d.reason,
  d.rule,
  d.measure,
  d.value,
  d.label,
  d.bound,
  CASE WHEN d.twin_hi IS NOT NULL THEN hex128(d.twin_hi, d.twin_lo) END AS twin,
  d.similarity,
  d.outcome IS NULL AS implied,
  r.policy_digest
FROM log.item AS i
INNER JOIN log.shard_filter AS f ON f.run = i.run AND f.shard = i.shard
INNER JOIN log.filter_used AS u ON u.run = f.run AND u.filter = f.filter
INNER JOIN log.run AS r ON r.run = i.run
LEFT JOIN log.finding_status AS s
  ON s.run = i.run AND s.shard = i.shard AND s.position = i.position AND s.filter = f.filter
LEFT JOIN log.decision AS d
  ON d.run = i.run AND d.shard = i.shard AND d.position = i.position AND d.filter = f.filter AND d.decisive;

COMMENT ON VIEW decision IS 'One row for each item and each filter that ran on it: what was decided, by which rule of which policy.';
COMMENT ON COLUMN decision.run IS 'The run.';
COMMENT ON COLUMN decision.item IS 'The item''s id.';
COMMENT ON COLUMN decision.filter IS 'The filter; reader for what could not be read, record for what goes with a picture of its record.';
COMMENT ON COLUMN decision.filter_version IS 'The version of its code.';
COMMENT ON COLUMN decision.filter_digest IS 'SHA-256 of name, version, parameters, models and libraries.';
COMMENT ON COLUMN decision.status IS 'seen, not_applicable (the filter has nothing to say of such items), or why it could not look.';
COMMENT ON COLUMN decision.outcome IS 'keep, redact, hold or drop.';
COMMENT ON COLUMN decision.reason IS 'Why, a code of the view reason; null if kept.';
COMMENT ON COLUMN decision.rule IS 'The place in the policy; null if kept.';
COMMENT ON COLUMN decision.measure IS 'What was measured.';
COMMENT ON COLUMN decision.value IS 'The number measured.';
COMMENT ON COLUMN decision.label IS 'The word measured.';
COMMENT ON COLUMN decision.bound IS 'The limit it was held against.';
COMMENT ON COLUMN decision.twin IS 'The item it is a copy of: the one that stays in its place, or whose licence is stricter; of record, the picture that it goes with.';
COMMENT ON COLUMN decision.similarity IS 'How alike the two are, 0 to 1.';
COMMENT ON COLUMN decision.implied IS 'True where no rule was met, so that the item was kept.';
COMMENT ON COLUMN decision.policy_digest IS 'The policy that decided.';
