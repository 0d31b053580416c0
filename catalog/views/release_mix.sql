-- Of what is each release made, and of what was it chosen? One row for each release and group of items: by corpus, source,
-- licence, licence class and language, before all filters and after.
-- For whoever answers for what a release has much of, and for what its filters took away.
CREATE VIEW release_mix AS
WITH grouped AS (
  SELECT
    rel.release,
    i.n_bytes,
    t.tokens,
    r.release IS NOT NULL AS stays,
    unnest([
      {'by': 'corpus', 'value': s.corpus},
      {'by': 'source', 'value': i.source},
      {'by': 'licence', 'value': coalesce(l.expression, 'unknown')},
      {'by': 'licence_class', 'value': coalesce(l.licence_class, 'unknown')},
      {'by': 'language', 'value': g.language}
    ]) AS named
  FROM log.release AS rel
  INNER JOIN log.item AS i ON i.run = rel.run
  INNER JOIN log.shard AS s ON s.run = i.run AND s.shard = i.shard
  LEFT JOIN log.licence_found AS l ON l.run = i.run AND l.shard = i.shard AND l.position = i.position
  LEFT JOIN log.language_found AS g ON g.run = i.run AND g.shard = i.shard AND g.position = i.position
  LEFT JOIN log.token_count_found AS t ON t.run = i.run AND t.shard = i.shard AND t.position = i.position
  LEFT JOIN log.release_item AS r
    ON r.release = rel.release AND r.run = i.run AND r.shard = i.shard AND r.position = i.position
)
SELECT
  release,
  named.by AS grouped_by,
  named.value AS named,
  count(*) AS items_before,
  sum(n_bytes)::UBIGINT AS bytes_before,
  count(*) FILTER (stays) AS items,
  coalesce(sum(n_bytes) FILTER (stays), 0)::UBIGINT AS bytes,
  sum(tokens) FILTER (stays)::UBIGINT AS tokens
FROM grouped
WHERE named.value IS NOT NULL
GROUP BY ALL
ORDER BY release, grouped_by, bytes DESC, bytes_before DESC, named;

COMMENT ON VIEW release_mix IS 'What each release is made of, by corpus, source, licence and language, and what it was chosen from.';
COMMENT ON COLUMN release_mix.release IS 'name@version.';
COMMENT ON COLUMN release_mix.grouped_by IS 'corpus, source, licence, licence_class or language.';
COMMENT ON COLUMN release_mix.named IS 'Which one.';
COMMENT ON COLUMN release_mix.items_before IS 'Items of it that went in.';
COMMENT ON COLUMN release_mix.bytes_before IS 'Their bytes, as they came.';
COMMENT ON COLUMN release_mix.items IS 'Items of it that are in the release.';
COMMENT ON COLUMN release_mix.bytes IS 'Their bytes, as they came.';
COMMENT ON COLUMN release_mix.tokens IS 'Tokens of its texts that are in the release, before anything was masked in them; null where nobody counted them.';
