-- How much personal data was found, of which kind, and what became of it? One row for each run and kind.
-- For data protection officers: spans = masked + pseudonymised + as_found + away.
CREATE VIEW personal_data_mix AS
WITH of_kind AS (
  SELECT
    run,
    shard,
    position,
    label,
    bool_or(reason = 'personal_data_pseudonymised') AS pseudonymised,
    -- then all of the kind in the item is masked plainly
    bool_or(reason = 'subject_suppressed') AS suppressed
  FROM log.decision
  WHERE filter = 'personal_data' AND outcome = 'redact' AND label IS NOT NULL
  GROUP BY run, shard, position, label
),

gone AS (
  SELECT DISTINCT run, shard, position FROM log.decision WHERE outcome IN ('hold', 'drop')
),

become AS (
  SELECT
    s.run,
    s.shard,
    s.position,
    s.kind,
    CASE
      WHEN g.run IS NOT NULL THEN 'away'
      WHEN k.suppressed THEN 'masked'
      WHEN k.run IS NULL OR s.score < least.bound::FLOAT THEN 'as_found'
      WHEN k.pseudonymised AND s.value_hi IS NOT NULL AND s.value_lo IS NOT NULL THEN 'pseudonymised'
      ELSE 'masked'
    END AS fate
  FROM log.span AS s
  LEFT JOIN gone AS g ON g.run = s.run AND g.shard = s.shard AND g.position = s.position
  LEFT JOIN of_kind AS k ON k.run = s.run AND k.shard = s.shard AND k.position = s.position AND k.label = s.kind
  LEFT JOIN log.limit_used AS least
    ON least.run = s.run
    AND least.filter = s.filter
    AND least.measure = 'score'
    AND least.rule = 'personal_data.kinds.' || s.kind
  WHERE s.filter = 'personal_data'
)

SELECT
  run,
  kind,
  count(*) AS spans,
  count(DISTINCT (shard, position)) AS items,
  count(*) FILTER (fate = 'masked') AS masked,
  count(*) FILTER (fate = 'pseudonymised') AS pseudonymised,
  count(*) FILTER (fate = 'as_found') AS as_found,
  count(*) FILTER (fate = 'away') AS away
FROM become
GROUP BY run, kind
ORDER BY run, spans DESC, kind;

COMMENT ON VIEW personal_data_mix IS 'Personal data found, by kind, and what became of it.';
COMMENT ON COLUMN personal_data_mix.run IS 'The run.';
COMMENT ON COLUMN personal_data_mix.kind IS 'EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN personal_data_mix.spans IS 'Places.';
COMMENT ON COLUMN personal_data_mix.items IS 'Items with at least one.';
COMMENT ON COLUMN personal_data_mix.masked IS 'Of the places, those that stand as <KIND> in an item that stays.';
COMMENT ON COLUMN personal_data_mix.pseudonymised IS 'Of the places, those that stand as <KIND_…>, alike for equal values, in an item that stays.';
COMMENT ON COLUMN personal_data_mix.as_found IS 'Of the places, those that stand in an item that stays as they were found.';
COMMENT ON COLUMN personal_data_mix.away IS 'Of the places, those in items that are held or dropped.';
