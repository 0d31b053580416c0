-- How much personal data was found, of which kind? One row for each run and kind.
-- For data protection officers.
CREATE VIEW personal_data_mix AS
SELECT
  run,
  kind,
  count(*) AS spans,
  count(DISTINCT (shard, position)) AS items
FROM log.span
WHERE filter = 'personal_data'
GROUP BY run, kind
ORDER BY run, spans DESC, kind;

COMMENT ON VIEW personal_data_mix IS 'Personal data found, by kind.';
COMMENT ON COLUMN personal_data_mix.run IS 'The run.';
COMMENT ON COLUMN personal_data_mix.kind IS 'EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN personal_data_mix.spans IS 'Places.';
COMMENT ON COLUMN personal_data_mix.items IS 'Items with at least one.';
