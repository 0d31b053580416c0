-- Was a reservation looked for wherever the legal basis holds only without one?
-- A row: an item that stays as text and data mining in general, and nobody looked whether that is reserved.
SELECT
  rel.release,
  r.run,
  r.item,
  r.verdict
FROM rights AS r
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE
  r.verdict IN ('keep', 'redact')
  AND EXISTS (
    FROM evidence AS e WHERE e.run = r.run AND e.item = r.item AND e.about = 'basis' AND e.location = 'tdm_general'
  )
  AND NOT EXISTS (FROM evidence AS e WHERE e.run = r.run AND e.item = r.item AND e.about = 'reservation')
