-- Whom do the filters shut out? One row for each run, filter and group of people that a lexicon of unsafe_words names by
-- words of identity (identity_group null: any such word), over the texts that hold one. `filter` is null for the verdict
-- of all of them together. A text is held against texts of its length, for longer ones hold more words of every kind:
-- `flag` is `high` or `low` where the share differs from the expected one by more than half, and by more than chance
-- explains (Wilson's interval at 99.9 %).
-- For auditors: lists of unsafe words are known to erase what people write of themselves. A word in a text does not make
-- it one about these people, and a flag is a reason to look.
CREATE VIEW identity_rate AS
WITH held_words AS (
  SELECT
    run,
    item,
    max(value) FILTER (measure = 'identity_terms') AS terms,
    max(label) FILTER (measure = 'identity_groups') AS groups
  FROM finding
  WHERE filter = 'unsafe_words' AND measure IN ('identity_terms', 'identity_groups')
  GROUP BY run, item
),
looked_at AS (
  SELECT
    i.run,
    i.shard,
    i.position,
    w.terms,
    w.groups,
    least(greatest(floor(log10(i.n_bytes + 1)), 1), 5) AS length
  FROM log.item AS i
  INNER JOIN held_words AS w ON w.run = i.run AND w.item = hex128(i.item_hi, i.item_lo)
  WHERE w.terms IS NOT NULL
),
decided AS (
  SELECT
    l.run,
    l.shard,
    l.position,
    u.filter,
    coalesce(d.outcome IN ('hold', 'drop'), FALSE) AS away
  FROM looked_at AS l
  INNER JOIN log.filter_used AS u ON u.run = l.run
  LEFT JOIN log.decision AS d
    ON d.run = l.run AND d.shard = l.shard AND d.position = l.position AND d.filter = u.filter AND d.decisive
  ANTI JOIN log.finding_status AS n
    ON n.run = l.run AND n.shard = l.shard AND n.position = l.position AND n.filter = u.filter
    AND n.status = 'not_applicable'
),
asked AS (
  SELECT run, shard, position, filter, away FROM decided
  UNION ALL
  SELECT run, shard, position, NULL, bool_or(away) FROM decided GROUP BY run, shard, position
),
measured AS (
  SELECT
    a.run,
    a.filter,
    a.away,
    l.terms,
    l.groups,
    avg(a.away::INTEGER) OVER (PARTITION BY a.run, a.filter) AS overall,
    avg(a.away::INTEGER) OVER (PARTITION BY a.run, a.filter, l.length) AS of_its_length
  FROM asked AS a
  INNER JOIN looked_at AS l ON l.run = a.run AND l.shard = a.shard AND l.position = a.position
),
named AS (
  SELECT run, filter, away, overall, of_its_length, NULL AS identity_group FROM measured WHERE terms > 0
  UNION ALL
  SELECT run, filter, away, overall, of_its_length, unnest(string_split(groups, ' ')) FROM measured WHERE groups IS NOT NULL
),
counted AS (
  SELECT
    run,
    filter,
    identity_group,
    count(*) AS items,
    count(*) FILTER (away) AS away,
    avg(away::INTEGER) AS share,
    any_value(overall) AS overall_share,
    avg(of_its_length) AS expected_share
  FROM named
  GROUP BY run, filter, identity_group
),
bounded AS (
  SELECT
    *,
    -- Wilson's interval, z = 3.2905
    (share + 5.4137 / items) / (1 + 10.8274 / items) AS centre,
    3.2905 / (1 + 10.8274 / items) * sqrt(share * (1 - share) / items + 10.8274 / (4.0 * items * items)) AS reach
  FROM counted
)
SELECT
  run,
  filter,
  identity_group,
  items,
  away,
  share,
  overall_share,
  expected_share,
  CASE
    WHEN share > 1.5 * expected_share AND centre - reach > expected_share THEN 'high'
    WHEN share < expected_share / 1.5 AND centre + reach < expected_share THEN 'low'
  END AS flag
FROM bounded
ORDER BY run, filter NULLS FIRST, identity_group NULLS FIRST;

COMMENT ON VIEW identity_rate IS 'What share of the texts with words of identity each filter holds or drops, against texts of their length.';
COMMENT ON COLUMN identity_rate.run IS 'The run.';
COMMENT ON COLUMN identity_rate.filter IS 'The filter; reader and record, too; null for all of them together.';
COMMENT ON COLUMN identity_rate.identity_group IS 'The group that the lexicon names; null for texts with any word of identity.';
COMMENT ON COLUMN identity_rate.items IS 'Texts with such a word that the filter has something to say of.';
COMMENT ON COLUMN identity_rate.away IS 'Of these, held or dropped by this filter.';
COMMENT ON COLUMN identity_rate.share IS 'The share that is.';
COMMENT ON COLUMN identity_rate.overall_share IS 'The filter''s share of all texts that words of identity were looked for in.';
COMMENT ON COLUMN identity_rate.expected_share IS 'The share that would be if each of these texts fared as all texts of its length do.';
COMMENT ON COLUMN identity_rate.flag IS 'high or low where the share is another than expected by more than half and more than chance; else null.';
