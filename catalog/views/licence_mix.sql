-- Under which licences is what went in, and what became of it? One row for each run, licence and verdict.
-- For whoever answers for the licences of a release.
CREATE VIEW licence_mix AS
SELECT
  i.run,
  coalesce(c.label, 'unknown') AS licence_class,
  e.label AS expression,
  i.verdict,
  count(*) AS items
FROM item AS i
INNER JOIN finding AS c ON c.run = i.run AND c.item = i.item AND c.filter = 'licence' AND c.measure = 'grant'
INNER JOIN finding AS e ON e.run = i.run AND e.item = i.item AND e.filter = 'licence' AND e.measure = 'expression'
GROUP BY ALL
ORDER BY i.run, items DESC, licence_class, expression, i.verdict;

COMMENT ON VIEW licence_mix IS 'Items by licence and verdict.';
COMMENT ON COLUMN licence_mix.run IS 'The run.';
COMMENT ON COLUMN licence_mix.licence_class IS 'public_domain, permissive, …, unknown.';
COMMENT ON COLUMN licence_mix.expression IS 'The SPDX expression relied on; null if none was understood.';
COMMENT ON COLUMN licence_mix.verdict IS 'keep, redact, hold or drop.';
COMMENT ON COLUMN licence_mix.items IS 'How many.';
