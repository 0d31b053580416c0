-- Where does a person occur? One row for each place where a value was found, in every run.
-- For whoever answers an access or erasure request, and for auditors of the answer. `value` is a keyed digest, which only
-- the holder of the key can make of an address or a number; asked by `value_hi` it is found ten times sooner.
CREATE VIEW subject_mention AS
SELECT
  hex128(s.value_hi, s.value_lo) AS value,
  p.subject_key,
  s.kind,
  s.run,
  hex128(i.item_hi, i.item_lo) AS item,
  p.corpus,
  p.name AS shard,
  s.position,
  i.id,
  i.path,
  s.filter,
  s.start_offset,
  s.end_offset,
  coalesce(
    -- the strictest that the policy says of this kind in this item
    max_by(d.outcome, list_position(['redact', 'hold', 'drop'], d.outcome))
      FILTER (WHERE d.filter = s.filter AND d.label = s.kind),
    'keep'
  ) AS outcome,
  coalesce(max_by(d.outcome, list_position(['redact', 'hold', 'drop'], d.outcome)), 'keep') AS verdict,
  coalesce(string_agg(DISTINCT r.release, ', ' ORDER BY r.release), '') AS releases,
  s.value_hi,
  s.value_lo
FROM log.span AS s
INNER JOIN log.shard AS p ON p.run = s.run AND p.shard = s.shard
INNER JOIN log.item AS i ON i.run = s.run AND i.shard = s.shard AND i.position = s.position
LEFT JOIN log.decision AS d ON d.run = s.run AND d.shard = s.shard AND d.position = s.position
LEFT JOIN log.release_item AS r ON r.run = s.run AND r.shard = s.shard AND r.position = s.position
WHERE s.value_hi IS NOT NULL
GROUP BY ALL;

COMMENT ON VIEW subject_mention IS 'Every place where personal data was found, by the keyed digest of its value: where a person occurs, and in which releases.';
COMMENT ON COLUMN subject_mention.value IS 'Keyed digest of the value, normalised, 32 hex digits: docs/subjects.md says how it is made.';
COMMENT ON COLUMN subject_mention.subject_key IS 'Id of the key of that digest.';
COMMENT ON COLUMN subject_mention.kind IS 'EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN subject_mention.run IS 'The run.';
COMMENT ON COLUMN subject_mention.item IS 'The item''s id.';
COMMENT ON COLUMN subject_mention.corpus IS 'The corpus of the recipe.';
COMMENT ON COLUMN subject_mention.shard IS 'The shard''s name: its place in the corpus.';
COMMENT ON COLUMN subject_mention.position IS 'The item''s place in the shard, from 0.';
COMMENT ON COLUMN subject_mention.id IS 'The corpus''s own id.';
COMMENT ON COLUMN subject_mention.path IS 'Where in the corpus it lies.';
COMMENT ON COLUMN subject_mention.filter IS 'The filter.';
COMMENT ON COLUMN subject_mention.start_offset IS 'First code point, from 0.';
COMMENT ON COLUMN subject_mention.end_offset IS 'One past the last code point.';
COMMENT ON COLUMN subject_mention.outcome IS 'What the policy makes of this kind in this item: redact (masked if the item stays), keep, hold or drop.';
COMMENT ON COLUMN subject_mention.verdict IS 'What becomes of the item: keep, redact, hold or drop.';
COMMENT ON COLUMN subject_mention.releases IS 'The releases of this run that hold the item, name@version, by commas; empty if none does.';
COMMENT ON COLUMN subject_mention.value_hi IS 'Upper 64 bits of the value: to ask by this number is ten times quicker than by the digits.';
COMMENT ON COLUMN subject_mention.value_lo IS 'Lower 64 bits of the value.';
