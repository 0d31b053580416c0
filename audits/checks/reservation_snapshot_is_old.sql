-- Was what a host says looked at near the time of the fetch?
-- A row: an item that stays, and a protocol whose newest snapshot as of the fetch is more than 90 days older than that.
-- The filter for licences dates its evidence by the fetch; where nobody says when that was, nothing can be told.
-- asks: advisory
WITH fetched AS (
  SELECT
    run,
    item,
    min(observed_at) AS fetched_at
  FROM evidence
  WHERE about IN ('licence', 'basis')
  GROUP BY run, item
)
SELECT
  rel.release,
  r.run,
  r.item,
  e.kind AS protocol,
  max(e.observed_at) AS observed_at,
  f.fetched_at
FROM rights AS r
INNER JOIN fetched AS f ON f.run = r.run AND f.item = r.item
INNER JOIN evidence AS e ON e.run = r.run AND e.item = r.item
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE r.verdict IN ('keep', 'redact') AND e.about = 'reservation' AND e.scope = 'host' AND e.at_fetch
GROUP BY rel.release, r.run, r.item, e.kind, f.fetched_at
HAVING max(e.observed_at) < f.fetched_at - INTERVAL 90 DAY
