-- How much personal data was found, of which kind, and what became of it? One row for each run and kind.
-- For data protection officers: spans = masked + as_found + away.
CREATE VIEW personal_data_mix AS
WITH of_kind AS (
  SELECT DISTINCT run, shard, position, label
  FROM log.decision
  WHERE filter = 'personal_data' AND outcome = 'redact' AND label IS NOT NULL
),

gone AS (
  SELECT DISTINCT run, shard, position FROM log.decision WHERE outcome IN ('hold', 'drop')
)

SELECT
  s.run,
  s.kind,
  count(*) AS spans,
  count(DISTINCT (s.shard, s.position)) AS items,
  count(*) FILTER (g.run IS NULL AND k.run IS NOT NULL) AS masked,
  count(*) FILTER (g.run IS NULL AND k.run IS NULL) AS as_found,
  count(*) FILTER (g.run IS NOT NULL) AS away
FROM log.span AS s
LEFT JOIN gone AS g ON g.run = s.run AND g.shard = s.shard AND g.position = s.position
LEFT JOIN of_kind AS k ON k.run = s.run AND k.shard = s.shard AND k.position = s.position AND k.label = s.kind
WHERE s.filter = 'personal_data'
GROUP BY s.run, s.kind
ORDER BY s.run, spans DESC, s.kind;

COMMENT ON VIEW personal_data_mix IS 'Personal data found, by kind, and what became of it.';
COMMENT ON COLUMN personal_data_mix.run IS 'The run.';
COMMENT ON COLUMN personal_data_mix.kind IS 'EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN personal_data_mix.spans IS 'Places.';
COMMENT ON COLUMN personal_data_mix.items IS 'Items with at least one.';
COMMENT ON COLUMN personal_data_mix.masked IS 'Of the places, those that are masked in an item that stays.';
COMMENT ON COLUMN personal_data_mix.as_found IS 'Of the places, those that stand in an item that stays as they were found.';
COMMENT ON COLUMN personal_data_mix.away IS 'Of the places, those in items that are held or dropped.';
