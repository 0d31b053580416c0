-- Is something on record to be masked in every item that was to be masked, and to tell values by where it was to have pseudonyms?
-- A row: an item whose personal data of a kind was to be masked, without a single place of that kind on record; or was to have pseudonyms, without a place whose value has a digest.
SELECT DISTINCT
  d.run,
  d.shard,
  d.position
FROM log.decision AS d
LEFT JOIN log.span AS s
  ON s.run = d.run
  AND s.shard = d.shard
  AND s.position = d.position
  AND s.filter = 'personal_data'
  AND s.kind = d.label
  AND (d.reason = 'personal_data_masked' OR (s.value_hi IS NOT NULL AND s.value_lo IS NOT NULL))
WHERE d.reason IN ('personal_data_masked', 'personal_data_pseudonymised') AND s.position IS NULL
