-- What did each stage take? One row for each start of a run and stage: of each shard, or of the start.
-- For whoever asks what a filter costs, or wants to reckon energy by other figures than ours.
CREATE VIEW activity AS
WITH read_by AS (
  SELECT
    run,
    start,
    line,
    sum(joules) FILTER (meter = 'rapl') AS cpu_joules,
    sum(joules) FILTER (meter = 'nvml') AS gpu_joules,
    count(*) FILTER (meter = 'nvml') AS gpus,
    sum(joules) FILTER (meter NOT IN ('rapl', 'nvml')) AS other_joules,
    string_agg(DISTINCT meter, ' ' ORDER BY meter) AS meters
  FROM spent.reading
  GROUP BY run, start, line
)
SELECT
  a.run,
  t.started_at,
  a.stage,
  a.filter,
  s.corpus,
  s.name AS shard,
  a.items,
  a.n_bytes,
  a.cpu_seconds,
  a.wall_seconds,
  a.peak_rss,
  CASE WHEN r.gpus > 0 THEN a.wall_seconds * r.gpus END AS gpu_seconds,
  r.cpu_joules,
  r.gpu_joules,
  r.other_joules,
  r.meters,
  t.workers,
  t.cpus,
  t.cpu_model
FROM spent.activity AS a
INNER JOIN spent.start AS t ON t.run = a.run AND t.start = a.start
LEFT JOIN log.shard AS s ON s.run = a.run AND s.shard = a.shard
LEFT JOIN read_by AS r ON r.run = a.run AND r.start = a.start AND r.line = a.line
ORDER BY a.run, t.started_at, a.start, a.line;

COMMENT ON VIEW activity IS 'What each stage took: seconds, memory, and joules where a meter was there.';
COMMENT ON COLUMN activity.run IS 'The run.';
COMMENT ON COLUMN activity.started_at IS 'When the run was started, UTC: one that was begun again has several starts.';
COMMENT ON COLUMN activity.stage IS 'load, read, look, filter, decide, write or failed of a shard; plan, adopt, workers, corpus_steps, subset, stage, audits, seal, catalog or report of a start.';
COMMENT ON COLUMN activity.filter IS 'Which filter, where the stage is filter.';
COMMENT ON COLUMN activity.corpus IS 'The shard''s corpus; null for what a start takes once.';
COMMENT ON COLUMN activity.shard IS 'The shard; null for what a start takes once.';
COMMENT ON COLUMN activity.items IS 'Items of the shard, or of the run; null where they were not counted.';
COMMENT ON COLUMN activity.n_bytes IS 'Bytes of the input.';
COMMENT ON COLUMN activity.cpu_seconds IS 'User and system, all threads, child processes included.';
COMMENT ON COLUMN activity.wall_seconds IS 'On the clock.';
COMMENT ON COLUMN activity.peak_rss IS 'Bytes of memory that the process had held at most by then.';
COMMENT ON COLUMN activity.gpu_seconds IS 'Seconds for each GPU that was metered, used or not; null where none was.';
COMMENT ON COLUMN activity.cpu_joules IS 'What RAPL read of the machine''s processors and memory, whoever used them; of all shards on the row of stage workers.';
COMMENT ON COLUMN activity.gpu_joules IS 'What NVML read of the machine''s GPUs, whoever used them; of all shards on the row of stage workers.';
COMMENT ON COLUMN activity.other_joules IS 'What other meters say, such as codecarbon''s estimate; the view energy does not count it.';
COMMENT ON COLUMN activity.meters IS 'Which meters, one space apart; null for none.';
COMMENT ON COLUMN activity.workers IS 'Worker processes of the start.';
COMMENT ON COLUMN activity.cpus IS 'vCPUs of the machine.';
COMMENT ON COLUMN activity.cpu_model IS 'What the processor calls itself; null where it does not say.';
