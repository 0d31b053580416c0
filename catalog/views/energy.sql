-- How much energy did each stage of a run take, and what was emitted for it? One row for each run, stage and filter, over all
-- starts of the run and all its shards. Lower, middle and upper figures go by the view coefficient.
-- For whoever must say what a data set cost. `quality` is the weakest of all it is made of: measured, if a meter read the
-- machine; modelled, from seconds of processors and memory; assumed, where a start was cut off, so that what it had in hand is
-- not in it. A meter reads what the neighbours on the machine use, too. Joules that were read over all shards are shared out
-- by seconds of processors.
CREATE VIEW energy AS
WITH factor AS (
  SELECT
    level,
    max(value) FILTER (name = 'watts_per_vcpu') AS watts,
    max(value) FILTER (name = 'idle_share') AS idle_share,
    max(value) FILTER (name = 'watts_per_gib') AS watts_per_gib,
    max(value) FILTER (name = 'node_factor') AS node,
    max(value) FILTER (name = 'pue') AS pue,
    max(value) FILTER (kind = 'grid') AS grams,
    max(name) FILTER (kind = 'grid') AS region,
    max(year) FILTER (kind = 'grid') AS grid_year
  FROM (
    SELECT kind, name, year, unnest(['low', 'mid', 'high']) AS level, unnest([low, mid, high]) AS value
    FROM log.coefficient
    WHERE in_use
  )
  GROUP BY level
),
taken AS (
  SELECT
    run,
    start,
    line,
    stage,
    filter,
    if(shard IS NOT NULL OR stage = 'workers', 0, line) AS span,
    cpu_seconds,
    wall_seconds,
    greatest(wall_seconds - cpu_seconds, 0) AS waiting,
    bool_or(stage = 'workers') OVER (PARTITION BY run, start) AS through,
    coalesce(peak_rss, 0) / 1073741824 * wall_seconds AS gib_seconds
  FROM spent.activity
),
metered AS (
  SELECT
    t.run,
    t.start,
    t.span,
    sum(r.joules) FILTER (r.meter = 'rapl') AS cpu_joules,
    sum(r.joules) FILTER (r.meter = 'nvml') AS gpu_joules,
    coalesce(bool_or(r.device LIKE '%dram%') FILTER (r.meter = 'rapl'), FALSE) AS with_memory
  FROM spent.reading AS r
  INNER JOIN taken AS t ON t.run = r.run AND t.start = r.start AND t.line = r.line
  GROUP BY t.run, t.start, t.span
),
shared AS (
  SELECT
    t.*,
    m.cpu_joules,
    coalesce(m.gpu_joules, 0) AS gpu_joules,
    coalesce(m.with_memory, FALSE) AS with_memory,
    coalesce(t.cpu_seconds / nullif(sum(t.cpu_seconds) OVER of_span, 0), 1 / count(*) OVER of_span) AS share
  FROM taken AS t
  LEFT JOIN metered AS m ON m.run = t.run AND m.start = t.start AND m.span = t.span
  WINDOW of_span AS (PARTITION BY t.run, t.start, t.span)
),
reckoned AS (
  SELECT
    s.run,
    s.stage,
    s.filter,
    s.cpu_seconds,
    s.wall_seconds,
    f.level,
    f.grams,
    f.region,
    f.grid_year,
    CASE WHEN NOT s.through THEN 2 WHEN s.cpu_joules IS NULL THEN 1 ELSE 0 END AS doubt,
    (
      coalesce(s.cpu_joules * s.share, (s.cpu_seconds + s.waiting * f.idle_share) * f.watts)
      + if(s.with_memory, 0, s.gib_seconds * f.watts_per_gib)
      + s.gpu_joules * s.share
    ) * f.node * f.pue / 3600000 AS kwh
  FROM shared AS s
  CROSS JOIN factor AS f
)
SELECT
  run,
  stage,
  filter,
  sum(cpu_seconds) FILTER (level = 'mid') AS cpu_seconds,
  sum(wall_seconds) FILTER (level = 'mid') AS wall_seconds,
  sum(kwh) FILTER (level = 'low') AS kwh_low,
  sum(kwh) FILTER (level = 'mid') AS kwh_mid,
  sum(kwh) FILTER (level = 'high') AS kwh_high,
  sum(kwh * grams / 1000) FILTER (level = 'low') AS kg_co2e_low,
  sum(kwh * grams / 1000) FILTER (level = 'mid') AS kg_co2e_mid,
  sum(kwh * grams / 1000) FILTER (level = 'high') AS kg_co2e_high,
  CASE max(doubt) WHEN 0 THEN 'measured' WHEN 1 THEN 'modelled' ELSE 'assumed' END AS quality,
  any_value(region) AS region,
  any_value(grid_year) AS grid_year
FROM reckoned
GROUP BY run, stage, filter
ORDER BY run, kwh_mid DESC, stage, filter;

COMMENT ON VIEW energy IS 'How much energy each stage of each run took, and what was emitted for it: estimated wherever no meter was there.';
COMMENT ON COLUMN energy.run IS 'The run.';
COMMENT ON COLUMN energy.stage IS 'load, read, look, filter, decide, write or failed of all shards; plan, adopt, workers, corpus_steps, subset, stage, audits, seal, catalog or report.';
COMMENT ON COLUMN energy.filter IS 'Which filter, where the stage is filter.';
COMMENT ON COLUMN energy.cpu_seconds IS 'Seconds of processors.';
COMMENT ON COLUMN energy.wall_seconds IS 'Seconds on the clock; those of shards that were worked on side by side add up.';
COMMENT ON COLUMN energy.kwh_low IS 'kWh, the lower end of what is plausible.';
COMMENT ON COLUMN energy.kwh_mid IS 'kWh, the best guess.';
COMMENT ON COLUMN energy.kwh_high IS 'kWh, the upper end of what is plausible.';
COMMENT ON COLUMN energy.kg_co2e_low IS 'kg of CO2e for kwh_low, by the average of the region''s grid.';
COMMENT ON COLUMN energy.kg_co2e_mid IS 'kg of CO2e for kwh_mid, by the average of the region''s grid.';
COMMENT ON COLUMN energy.kg_co2e_high IS 'kg of CO2e for kwh_high, by the average of the region''s grid.';
COMMENT ON COLUMN energy.quality IS 'measured, modelled or assumed: the weakest of all it is made of.';
COMMENT ON COLUMN energy.region IS 'Whose grid.';
COMMENT ON COLUMN energy.grid_year IS 'Of which year the grid''s average is.';
