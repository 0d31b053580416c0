-- How much do the patterns miss? One row for each run that had a model look at a random sample of the other texts.
-- For data protection officers: `share` of the texts in which nothing was found, and to which nobody else pointed, hold
-- something that the model marks, between `low` and `high` with a confidence of 95 % (Wilson's score interval). It is
-- what the model sees, no more: what the model misses is in no row.
CREATE VIEW personal_data_left AS
WITH looked AS (
  SELECT
    w.run,
    w.item,
    w.label AS why,
    m.value AS marked
  FROM finding AS w
  INNER JOIN finding AS m ON m.run = w.run AND m.item = w.item AND m.filter = w.filter AND m.measure = 'by_model'
  WHERE w.filter = 'personal_data' AND w.measure = 'names' AND w.status = 'seen'
),

counted AS (
  SELECT
    run,
    count(*) FILTER (why = 'none') AS not_asked,
    count(*) FILTER (why = 'sample') AS sampled,
    count(*) FILTER (why = 'sample' AND marked > 0) AS with_more,
    count(*) FILTER (why IN ('all', 'found')) AS asked_besides
  FROM looked
  GROUP BY run
),

estimated AS (
  SELECT
    *,
    with_more / sampled AS share,
    -- 1.959964 is the normal deviate of 95 %, 3.841459 its square
    (with_more + 3.841459 / 2) / (sampled + 3.841459) AS middle,
    1.959964 * sqrt(with_more / sampled * (sampled - with_more) + 3.841459 / 4) / (sampled + 3.841459) AS half
  FROM counted
  WHERE sampled > 0
)

SELECT
  run,
  asked_besides,
  sampled,
  not_asked,
  with_more,
  share,
  CASE WHEN with_more = 0 THEN 0 ELSE middle - half END AS low,
  CASE WHEN with_more = sampled THEN 1 ELSE middle + half END AS high
FROM estimated
ORDER BY run;

COMMENT ON VIEW personal_data_left IS 'What a model found in a random sample of the texts in which the patterns found nothing.';
COMMENT ON COLUMN personal_data_left.run IS 'The run.';
COMMENT ON COLUMN personal_data_left.asked_besides IS 'Texts that the model looked at for another reason than the sample.';
COMMENT ON COLUMN personal_data_left.sampled IS 'Texts of the sample.';
COMMENT ON COLUMN personal_data_left.not_asked IS 'Texts that the model did not look at: those that the sample stands for.';
COMMENT ON COLUMN personal_data_left.with_more IS 'Of the sample, those in which the model marked something.';
COMMENT ON COLUMN personal_data_left.share IS 'with_more of sampled, 0 to 1.';
COMMENT ON COLUMN personal_data_left.low IS 'Lower end of its interval at 95 %, 0 to 1.';
COMMENT ON COLUMN personal_data_left.high IS 'Upper end of its interval at 95 %, 0 to 1.';
