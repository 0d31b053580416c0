-- Against which limits was an item held, kept ones too? One row for each run and rule of its policy.
-- For auditors of what was kept: rule_fired and decision name a limit only where an item met with it.
CREATE VIEW limit_used AS
SELECT
  run,
  filter,
  rule,
  measure,
  bound,
  outcome,
  reason
FROM log.limit_used
ORDER BY run, filter, rule, measure, reason;

COMMENT ON VIEW limit_used IS 'Every rule of the policy in force in a run: what each item was held against, kept ones too.';
COMMENT ON COLUMN limit_used.run IS 'The run.';
COMMENT ON COLUMN limit_used.filter IS 'The filter whose findings it is about.';
COMMENT ON COLUMN limit_used.rule IS 'The place in the policy, as in rule_fired.';
COMMENT ON COLUMN limit_used.measure IS 'What is held against the limit; null where it is no number.';
COMMENT ON COLUMN limit_used.bound IS 'The limit; null where there is none.';
COMMENT ON COLUMN limit_used.outcome IS 'What becomes of an item that meets with it.';
COMMENT ON COLUMN limit_used.reason IS 'The code that such an item gets, of the view reason.';
