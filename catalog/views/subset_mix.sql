-- How does what was chosen differ from what it was chosen from? One row for each run that chooses and group of items: by
-- corpus, source, licence class, language, label and cluster. Shares are of sizes, in the unit of the budget.
-- For whoever answers for what a subset leaves out.
CREATE VIEW subset_mix AS
WITH label AS (
  SELECT
    run,
    item,
    max(label) FILTER (filter = 'licence' AND measure = 'grant') AS licence_class,
    max(label) FILTER (filter = 'language' AND measure = 'language') AS language
  FROM finding
  WHERE (filter = 'licence' AND measure = 'grant') OR (filter = 'language' AND measure = 'language')
  GROUP BY run, item
),
grouped AS (
  SELECT
    c.run,
    c.size,
    c.chosen,
    unnest([
      {'by': 'corpus', 'value': i.corpus},
      {'by': 'source', 'value': i.source},
      {'by': 'licence_class', 'value': l.licence_class},
      {'by': 'language', 'value': l.language},
      {'by': 'label', 'value': i.label},
      {'by': 'cluster', 'value': c.cluster}
    ]) AS named
  FROM choice AS c
  INNER JOIN item AS i ON i.run = c.run AND i.item = c.item
  LEFT JOIN label AS l ON l.run = c.run AND l.item = c.item
)
SELECT
  g.run,
  g.named.by AS grouped_by,
  g.named.value AS named,
  count(*) AS pool_items,
  sum(g.size)::UBIGINT AS pool_size,
  count(*) FILTER (g.chosen) AS chosen_items,
  coalesce(sum(g.size) FILTER (g.chosen), 0)::UBIGINT AS chosen_size,
  sum(g.size) / any_value(s.pool_size) AS pool_share,
  coalesce(sum(g.size) FILTER (g.chosen), 0) / any_value(s.chosen_size) AS chosen_share
FROM grouped AS g
INNER JOIN subset AS s ON s.run = g.run
WHERE g.named.value IS NOT NULL
GROUP BY ALL
ORDER BY g.run, grouped_by, chosen_size DESC, pool_size DESC, named;

COMMENT ON VIEW subset_mix IS 'What was chosen against what it was chosen from, by corpus, source, licence class, language, label and cluster.';
COMMENT ON COLUMN subset_mix.run IS 'The run.';
COMMENT ON COLUMN subset_mix.grouped_by IS 'corpus, source, licence_class, language, label or cluster.';
COMMENT ON COLUMN subset_mix.named IS 'Which one.';
COMMENT ON COLUMN subset_mix.pool_items IS 'Items of it that were there to be chosen from.';
COMMENT ON COLUMN subset_mix.pool_size IS 'Their size.';
COMMENT ON COLUMN subset_mix.chosen_items IS 'Items of it that are chosen.';
COMMENT ON COLUMN subset_mix.chosen_size IS 'Their size.';
COMMENT ON COLUMN subset_mix.pool_share IS 'Its share of all that was there.';
COMMENT ON COLUMN subset_mix.chosen_share IS 'Its share of what is chosen.';
