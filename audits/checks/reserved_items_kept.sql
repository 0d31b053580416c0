-- Does anything stay that somebody had reserved when it was fetched?
-- A row: an item that stays under its legal basis, and a protocol that reserved it: what the policy does not hear.
-- asks: advisory
SELECT DISTINCT
  rel.release,
  r.run,
  r.item,
  r.basis,
  e.kind AS protocol,
  e.scope
FROM rights AS r
INNER JOIN evidence AS e ON e.run = r.run AND e.item = r.item
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE r.verdict IN ('keep', 'redact') AND e.about = 'reservation' AND e.reservation = 'reserved' AND e.at_fetch
