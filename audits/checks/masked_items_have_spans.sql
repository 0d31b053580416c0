-- Is something on record to be masked in every item, for every kind that was to be masked or pseudonymised in it?
-- A row: an item without a single place of such a kind, or without one whose value has the digest that a pseudonym needs.
SELECT DISTINCT
  d.run,
  d.shard,
  d.position,
  d.label AS kind
FROM log.decision AS d
LEFT JOIN log.span AS s
  ON s.run = d.run
  AND s.shard = d.shard
  AND s.position = d.position
  AND s.filter = 'personal_data'
  AND s.kind = d.label
  AND (d.reason = 'personal_data_masked' OR (s.value_hi IS NOT NULL AND s.value_lo IS NOT NULL))
WHERE d.reason IN ('personal_data_masked', 'personal_data_pseudonymised') AND s.position IS NULL
