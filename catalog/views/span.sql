-- Where in the texts was something found? Never what: only kind, place and a keyed digest.
-- For auditors of the masking, and for whoever counts personal data.
CREATE VIEW span AS
WITH placed AS (
  SELECT
    i.run,
    hex128(i.item_hi, i.item_lo) AS item,
    s.filter,
    s.kind,
    s.start_offset,
    s.end_offset,
    -- as it was given: a single float of 0.6 is 0.6000000238 as a double
    round(s.score::DOUBLE, 6) AS score,
    s.recognizer,
    -- single floats on both sides, as the policy compares them
    CASE
      WHEN s.score < least.bound::FLOAT AND NOT coalesce(d.suppressed, false) THEN 'keep'
      ELSE coalesce(d.outcome, 'keep')
    END AS outcome,
    d.pseudonymised AND NOT d.suppressed AND s.value_hi IS NOT NULL AND s.value_lo IS NOT NULL AS has_pseudonym,
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
      max_by(outcome, list_position(['redact', 'hold', 'drop'], outcome)) AS outcome,
      bool_or(reason = 'personal_data_pseudonymised') AS pseudonymised,
      -- then all of the kind in the item is masked plainly
      bool_or(reason = 'subject_suppressed') AS suppressed
    FROM log.decision
    WHERE label IS NOT NULL
    GROUP BY run, shard, position, filter, label
  ) AS d ON d.run = s.run AND d.shard = s.shard AND d.position = s.position AND d.filter = s.filter AND d.label = s.kind
  LEFT JOIN log.limit_used AS least
    ON least.run = s.run
    AND least.filter = s.filter
    AND least.measure = 'score'
    AND least.rule = 'personal_data.kinds.' || s.kind
)
SELECT
  run,
  item,
  filter,
  kind,
  start_offset,
  end_offset,
  score,
  recognizer,
  outcome,
  CASE WHEN outcome = 'redact' THEN if(has_pseudonym, 'pseudonym', 'kind') END AS placeholder,
  value,
  subject_key
FROM placed;

COMMENT ON VIEW span IS 'Kind and place of everything found in a text.';
COMMENT ON COLUMN span.run IS 'The run.';
COMMENT ON COLUMN span.item IS 'The item''s id.';
COMMENT ON COLUMN span.filter IS 'The filter.';
COMMENT ON COLUMN span.kind IS 'EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN span.start_offset IS 'First code point, from 0.';
COMMENT ON COLUMN span.end_offset IS 'One past the last code point.';
COMMENT ON COLUMN span.score IS 'The recognizer''s confidence, 0 to 1.';
COMMENT ON COLUMN span.recognizer IS 'Which recognizer said so.';
COMMENT ON COLUMN span.outcome IS 'What the policy makes of this kind in this item: redact (masked if the item stays), keep (left as it was found, also where the score is below the kind''s min_score), hold or drop.';
COMMENT ON COLUMN span.placeholder IS 'What stands in its place if the item stays: kind (<KIND>), or pseudonym (<KIND_…>, alike for equal values); null where it is not masked.';
COMMENT ON COLUMN span.value IS 'Keyed digest of what was found, normalised, 32 hex digits: equal for equal values under one key; null where there is none.';
COMMENT ON COLUMN span.subject_key IS 'Id of the key of that digest.';
