-- Does a release hold more of an evaluation set than a policy lets pass?
-- A row: an item of the release whose content this run or a later one found beyond the limits of that run's policy.
WITH beyond AS (
  SELECT
    i.content_hi,
    i.content_lo,
    r.started_at,
    f.run,
    f.evaluation_set,
    f.evaluation_item,
    u.measure,
    CASE u.measure WHEN 'covered' THEN f.covered ELSE f.overlap END AS share,
    u.bound
  FROM log.evaluation_overlap_found AS f
  INNER JOIN log.item AS i ON i.run = f.run AND i.shard = f.shard AND i.position = f.position
  INNER JOIN log.run AS r ON r.run = f.run
  INNER JOIN log.limit_used AS u
    ON u.run = f.run AND u.rule IN ('evaluation_overlap.max_covered', 'evaluation_overlap.max_overlap')
  WHERE u.reason = 'evaluation_overlap' AND CASE u.measure WHEN 'covered' THEN f.covered ELSE f.overlap END > u.bound
)
SELECT
  s.release,
  hex128(i.item_hi, i.item_lo) AS item,
  b.run AS found_by,
  b.evaluation_set,
  b.evaluation_item,
  b.measure,
  b.share,
  b.bound
FROM log.release_item AS s
INNER JOIN log.run AS r ON r.run = s.run
INNER JOIN log.item AS i ON i.run = s.run AND i.shard = s.shard AND i.position = s.position
INNER JOIN beyond AS b ON b.content_hi = i.content_hi AND b.content_lo = i.content_lo AND b.started_at >= r.started_at
QUALIFY row_number() OVER (PARTITION BY s.release, i.item_hi, i.item_lo ORDER BY b.started_at, b.run, b.measure) = 1
