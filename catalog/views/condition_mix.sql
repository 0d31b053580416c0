-- What do the licences of what went in ask for, and what became of it? One row for each run, condition, class and verdict.
-- For whoever must meet the conditions, or refuses one. An item is counted under each of its conditions.
CREATE VIEW condition_mix AS
SELECT
  run,
  condition,
  licence_class,
  verdict,
  count(*) AS items
FROM (
  SELECT run, unnest(string_split(conditions, ' ')) AS condition, licence_class, verdict
  FROM rights
  WHERE conditions <> ''
) AS each_condition
GROUP BY run, condition, licence_class, verdict
ORDER BY run, condition, licence_class, verdict;

COMMENT ON VIEW condition_mix IS 'Items by what their licences ask for, class and verdict; one that asks for nothing is in none.';
COMMENT ON COLUMN condition_mix.run IS 'The run.';
COMMENT ON COLUMN condition_mix.condition IS 'attribution, share_alike, non_commercial, no_derivatives, …';
COMMENT ON COLUMN condition_mix.licence_class IS 'public_domain, permissive, …, unknown.';
COMMENT ON COLUMN condition_mix.verdict IS 'keep, redact, hold or drop.';
COMMENT ON COLUMN condition_mix.items IS 'How many.';
