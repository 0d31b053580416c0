-- Whom does a filter put away more often than others? One row for each run, filter and group of items: by corpus, source,
-- host, licence class, language and length. `flag` is `high` or `low` where the group's share differs from the filter's
-- share of all items by more than half, and by more than chance explains (Wilson's interval at 99.9 %).
-- For whoever chose a limit: word lists and quality rules are known to shut out whole groups without anybody noticing.
-- A flag is a reason to look, not a fault: a source of scans is rightly held more often.
CREATE VIEW drop_rate AS
WITH asked AS (
  SELECT
    i.run,
    i.shard,
    i.position,
    u.filter,
    coalesce(d.outcome IN ('hold', 'drop'), FALSE) AS away
  FROM log.item AS i
  INNER JOIN log.filter_used AS u ON u.run = i.run
  LEFT JOIN log.decision AS d
    ON d.run = i.run AND d.shard = i.shard AND d.position = i.position AND d.filter = u.filter AND d.decisive
  ANTI JOIN log.finding_status AS n
    ON n.run = i.run AND n.shard = i.shard AND n.position = i.position AND n.filter = u.filter
    AND n.status = 'not_applicable'
),
label AS (
  SELECT
    run,
    item,
    max(label) FILTER (filter = 'licence' AND measure = 'grant') AS licence,
    max(label) FILTER (filter = 'language' AND measure = 'language') AS language
  FROM finding
  WHERE (filter = 'licence' AND measure = 'grant') OR (filter = 'language' AND measure = 'language')
  GROUP BY run, item
),
grouped AS (
  SELECT
    i.run,
    i.shard,
    i.position,
    unnest([
      {'by': 'corpus', 'value': s.corpus},
      {'by': 'source', 'value': i.source},
      {'by': 'host', 'value': nullif(regexp_extract(lower(i.url), '^[a-z]+://([^/:?#]+)', 1), '')},
      {'by': 'licence', 'value': l.licence},
      {'by': 'language', 'value': l.language},
      {'by': 'length', 'value': CASE
        WHEN i.n_bytes < 100 THEN 'under 100 bytes'
        WHEN i.n_bytes < 1000 THEN 'under 1 kB'
        WHEN i.n_bytes < 10000 THEN 'under 10 kB'
        WHEN i.n_bytes < 100000 THEN 'under 100 kB'
        ELSE '100 kB and more'
      END}
    ]) AS named
  FROM log.item AS i
  INNER JOIN log.shard AS s ON s.run = i.run AND s.shard = i.shard
  LEFT JOIN label AS l ON l.run = i.run AND l.item = hex128(i.item_hi, i.item_lo)
),
overall AS (
  SELECT run, filter, count(*) AS items, count(*) FILTER (away) AS away FROM asked GROUP BY run, filter
),
counted AS (
  SELECT a.run, a.filter, g.named.by AS grouped_by, g.named.value AS named, count(*) AS items, count(*) FILTER (a.away) AS away
  FROM asked AS a
  INNER JOIN grouped AS g ON g.run = a.run AND g.shard = a.shard AND g.position = a.position
  WHERE g.named.value IS NOT NULL
  GROUP BY ALL
),
bounded AS (
  SELECT
    c.run,
    c.filter,
    c.grouped_by,
    c.named,
    c.items,
    c.away,
    c.away / c.items AS share,
    o.away / o.items AS overall_share,
    -- Wilson's interval, z = 3.2905
    (c.away / c.items + 5.4137 / c.items) / (1 + 10.8274 / c.items) AS centre,
    3.2905 / (1 + 10.8274 / c.items)
    * sqrt((c.away / c.items) * (1 - c.away / c.items) / c.items + 10.8274 / (4.0 * c.items * c.items)) AS reach
  FROM counted AS c
  INNER JOIN overall AS o ON o.run = c.run AND o.filter = c.filter
)
SELECT
  run,
  filter,
  grouped_by,
  named,
  items,
  away,
  share,
  overall_share,
  CASE
    WHEN share > 1.5 * overall_share AND centre - reach > overall_share THEN 'high'
    WHEN share < overall_share / 1.5 AND centre + reach < overall_share THEN 'low'
  END AS flag
FROM bounded
ORDER BY run, filter, grouped_by, items DESC, named;

COMMENT ON VIEW drop_rate IS 'What share of each group of items each filter holds or drops, against its share of all.';
COMMENT ON COLUMN drop_rate.run IS 'The run.';
COMMENT ON COLUMN drop_rate.filter IS 'The filter; reader and record, too.';
COMMENT ON COLUMN drop_rate.grouped_by IS 'corpus, source, host, licence, language or length.';
COMMENT ON COLUMN drop_rate.named IS 'Which corpus, source, …';
COMMENT ON COLUMN drop_rate.items IS 'Items of the group that the filter has something to say of.';
COMMENT ON COLUMN drop_rate.away IS 'Of these, held or dropped by this filter.';
COMMENT ON COLUMN drop_rate.share IS 'The share that is.';
COMMENT ON COLUMN drop_rate.overall_share IS 'The filter''s share of all items of the run.';
COMMENT ON COLUMN drop_rate.flag IS 'high or low where the group''s share is another by more than half and more than chance; else null.';
