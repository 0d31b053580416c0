-- Does anything lie in two splits that is the same, nearly the same, or of one record?
-- A row: a group of items that belong together, with one of them from each of two splits of a release.
-- Nearly the same is what a step over the run has found to be: two items belong together as well if a third one, which
-- was taken away, is the twin of both. The clusters on record are held against this, and it against them.
WITH placed AS (
  SELECT
    r.release,
    r.run,
    r.shard,
    r.split,
    r.item_hi,
    r.item_lo,
    i.record,
    i.content_hi,
    i.content_lo,
    r.cluster_hi,
    r.cluster_lo
  FROM log.release_item AS r
  INNER JOIN log.item AS i ON i.run = r.run AND i.shard = r.shard AND i.position = r.position
  WHERE r.split IS NOT NULL
),
named_twin AS (
  SELECT DISTINCT d.run, i.item_hi, i.item_lo, d.twin_hi, d.twin_lo
  FROM log.decision AS d
  INNER JOIN log.item AS i ON i.run = d.run AND i.shard = d.shard AND i.position = d.position
  WHERE d.twin_hi IS NOT NULL AND d.filter <> 'record'
),
near AS (
  SELECT run, item_hi, item_lo, twin_hi AS group_hi, twin_lo AS group_lo FROM named_twin
  UNION ALL
  SELECT DISTINCT run, twin_hi, twin_lo, twin_hi, twin_lo FROM named_twin
),
together AS (
  SELECT release, 'same content' AS how, hex128(content_hi, content_lo) AS which, split, item_hi, item_lo FROM placed
  UNION ALL
  SELECT release, 'one record', concat(shard, ' ', record), split, item_hi, item_lo FROM placed WHERE record IS NOT NULL
  UNION ALL
  SELECT release, 'one cluster', hex128(cluster_hi, cluster_lo), split, item_hi, item_lo FROM placed
  UNION ALL
  SELECT p.release, 'near duplicate', hex128(n.group_hi, n.group_lo), p.split, p.item_hi, p.item_lo
  FROM placed AS p
  INNER JOIN near AS n ON n.run = p.run AND n.item_hi = p.item_hi AND n.item_lo = p.item_lo
)
SELECT
  release,
  how,
  arg_min(hex128(item_hi, item_lo), split) AS item,
  min(split) AS split,
  arg_max(hex128(item_hi, item_lo), split) AS other,
  max(split) AS other_split
FROM together
GROUP BY release, how, which
HAVING min(split) <> max(split)
ORDER BY ALL
