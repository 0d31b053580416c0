-- What do the codes mean? One row for each code that a decision or a failed shard may carry.
-- For everybody.
CREATE VIEW reason AS
SELECT
  code,
  about,
  sentence
FROM log.reason
ORDER BY about, code;

COMMENT ON VIEW reason IS 'The closed list of reasons, with what they mean.';
COMMENT ON COLUMN reason.code IS 'The code.';
COMMENT ON COLUMN reason.about IS 'item or shard.';
COMMENT ON COLUMN reason.sentence IS 'What it means.';
