-- Which rules did an item meet with? All of them, not only the strictest of each filter.
-- For auditors who ask what else spoke against an item.
CREATE VIEW rule_fired AS
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  d.filter,
  d.rule,
  d.outcome,
  d.reason,
  d.measure,
  d.value,
  d.label,
  d.bound,
  CASE WHEN d.twin_hi IS NOT NULL THEN hex128(d.twin_hi, d.twin_lo) END AS twin,
  d.decisive
FROM log.decision AS d
INNER JOIN log.item AS i ON i.run = d.run AND i.shard = d.shard AND i.position = d.position;

COMMENT ON VIEW rule_fired IS 'Every rule of the policy that an item met with.';
COMMENT ON COLUMN rule_fired.run IS 'The run.';
COMMENT ON COLUMN rule_fired.item IS 'The item''s id.';
COMMENT ON COLUMN rule_fired.filter IS 'The filter whose finding it was.';
COMMENT ON COLUMN rule_fired.rule IS 'The place in the policy.';
COMMENT ON COLUMN rule_fired.outcome IS 'redact, hold or drop.';
COMMENT ON COLUMN rule_fired.reason IS 'Why, a code of the view reason.';
COMMENT ON COLUMN rule_fired.measure IS 'What was measured.';
COMMENT ON COLUMN rule_fired.value IS 'The number measured.';
COMMENT ON COLUMN rule_fired.label IS 'The word measured.';
COMMENT ON COLUMN rule_fired.bound IS 'The limit it was held against.';
COMMENT ON COLUMN rule_fired.twin IS 'The item it is a copy of: the one that stays in its place, or whose licence is stricter; of record, the picture that it goes with.';
COMMENT ON COLUMN rule_fired.decisive IS 'True on the strictest row of each item and filter.';
