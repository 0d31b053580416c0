-- How many tokens has each release? One row for each release whose run counted them.
-- For model teams who plan a training run.
CREATE VIEW release_tokens AS
SELECT
  s.release,
  s.run,
  sum(f.tokens)::BIGINT AS tokens,
  bool_or(f.estimated > 0) AS estimated,
  any_value(map_values(u.models)[1]) AS tokenizer
FROM log.release_item AS s
INNER JOIN log.token_count_found AS f ON f.run = s.run AND f.shard = s.shard AND f.position = s.position
INNER JOIN log.filter_used AS u ON u.run = s.run AND u.filter = 'token_count'
WHERE s.kind = 'text'
GROUP BY s.release, s.run
ORDER BY s.release;

COMMENT ON VIEW release_tokens IS 'How many tokens the texts of each release have, where the filter token_count ran.';
COMMENT ON COLUMN release_tokens.release IS 'name@version.';
COMMENT ON COLUMN release_tokens.run IS 'The run it was made by.';
COMMENT ON COLUMN release_tokens.tokens IS 'Tokens of all texts as they were measured: before anything was masked in them.';
COMMENT ON COLUMN release_tokens.estimated IS 'Whether no tokenizer was asked.';
COMMENT ON COLUMN release_tokens.tokenizer IS 'SHA-256 of the tokenizer.json; if they are estimated, of the table behind that.';
