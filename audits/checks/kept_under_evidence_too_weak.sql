-- Is the licence of everything that stays by it established as well as the policy wants?
-- A row: an item that stays although no evidence for its class reaches the policy's least level, nor is it confirmed.
-- How many issuers are enough instead is not on record as a number, but it is never fewer than two.
SELECT
  rel.release,
  r.run,
  r.item,
  r.licence_class,
  r.level,
  u.bound
FROM rights AS r
INNER JOIN log.limit_used AS u ON u.run = r.run AND u.rule = 'licence.min_level' AND u.measure = 'level' AND u.bound IS NOT NULL
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE
  r.verdict IN ('keep', 'redact')
  AND r.basis = 'licence'
  AND coalesce(r.issuers, 0) < 2
  AND NOT EXISTS (
    FROM evidence AS e
    WHERE e.run = r.run AND e.item = r.item AND e.licence_class = r.licence_class AND e.level >= u.bound
  )
