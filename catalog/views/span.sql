-- Where in the texts was something found? Never what: only kind, place and a keyed digest.
-- For auditors of the masking, and for whoever counts personal data.
CREATE VIEW span AS
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  s.filter,
  s.kind,
  s.start_offset,
  s.end_offset,
  s.score,
  s.recognizer,
  coalesce(d.outcome, 'keep') AS outcome,
  CASE WHEN s.value_hi IS NOT NULL THEN hex128(s.value_hi, s.value_lo) END AS value,
  CASE WHEN s.value_hi IS NOT NULL THEN p.subject_key END AS subject_key
FROM log.span AS s
INNER JOIN log.item AS i ON i.run = s.run AND i.shard = s.shard AND i.position = s.position
INNER JOIN log.shard AS p ON p.run = s.run AND p.shard = s.shard
LEFT JOIN (
  SELECT
    run,
    shard,
    position,
    filter,
    label,
    -- the strictest that the policy says of this kind in this item
    max_by(outcome, list_position(['redact', 'hold', 'drop'], outcome)) AS outcome
  FROM log.decision
  WHERE label IS NOT NULL
  GROUP BY run, shard, position, filter, label
) AS d ON d.run = s.run AND d.shard = s.shard AND d.position = s.position AND d.filter = s.filter AND d.label = s.kind;

COMMENT ON VIEW span IS 'Kind and place of everything found in a text.';
COMMENT ON COLUMN span.run IS 'The run.';
COMMENT ON COLUMN span.item IS 'The item''s id.';
COMMENT ON COLUMN span.filter IS 'The filter.';
COMMENT ON COLUMN span.kind IS 'EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN span.start_offset IS 'First code point, from 0.';
COMMENT ON COLUMN span.end_offset IS 'One past the last code point.';
COMMENT ON COLUMN span.score IS 'The recognizer''s confidence, 0 to 1.';
COMMENT ON COLUMN span.recognizer IS 'Which recognizer said so.';
COMMENT ON COLUMN span.outcome IS 'What the policy makes of this kind in this item: redact (masked if the item stays), keep (left as it was found), hold or drop.';
COMMENT ON COLUMN span.value IS 'Keyed digest of what was found, normalised, 32 hex digits: equal for equal values under one key; null where there is none.';
COMMENT ON COLUMN span.subject_key IS 'Id of the key of that digest.';
