-- What runs took, in a schema of its own: no logical digest counts it, for it differs from one start to the next.
-- And the figures by which it becomes energy, which are part of what the catalog says.
CREATE SCHEMA spent;

CREATE TABLE spent.start (
  run VARCHAR NOT NULL,
  start VARCHAR NOT NULL,
  started_at TIMESTAMP NOT NULL,
  workers UINTEGER NOT NULL,
  tamis_version VARCHAR NOT NULL,
  cpus UINTEGER NOT NULL,
  cpu_model VARCHAR,
  memory_bytes UBIGINT
);
COMMENT ON TABLE spent.start IS 'The starts of runs: a run that is begun again has several.';
COMMENT ON COLUMN spent.start.run IS 'The run.';
COMMENT ON COLUMN spent.start.start IS 'Which start: the name of its file in store/activity.';
COMMENT ON COLUMN spent.start.started_at IS 'When, UTC.';
COMMENT ON COLUMN spent.start.workers IS 'Worker processes; 0 for none beside the one that was started.';
COMMENT ON COLUMN spent.start.tamis_version IS 'Which Tamis.';
COMMENT ON COLUMN spent.start.cpus IS 'vCPUs of the machine.';
COMMENT ON COLUMN spent.start.cpu_model IS 'What the processor calls itself; null where it does not say.';
COMMENT ON COLUMN spent.start.memory_bytes IS 'Memory of the machine; null where it does not say.';

CREATE TABLE spent.activity (
  run VARCHAR NOT NULL,
  start VARCHAR NOT NULL,
  line UINTEGER NOT NULL,
  stage VARCHAR NOT NULL,
  filter VARCHAR,
  shard UINTEGER,
  items UBIGINT,
  n_bytes UBIGINT,
  cpu_seconds DOUBLE NOT NULL,
  wall_seconds DOUBLE NOT NULL,
  peak_rss UBIGINT
);
COMMENT ON TABLE spent.activity IS 'What each stage took, of each shard and of each start.';
COMMENT ON COLUMN spent.activity.run IS 'The run.';
COMMENT ON COLUMN spent.activity.start IS 'Which start of it.';
COMMENT ON COLUMN spent.activity.line IS 'The line in the file of the start.';
COMMENT ON COLUMN spent.activity.stage IS 'load, read, look, filter, decide, write or failed of a shard; plan, adopt, workers, corpus_steps, subset, stage, audits, seal, catalog or report of a start.';
COMMENT ON COLUMN spent.activity.filter IS 'Which filter, where the stage is filter.';
COMMENT ON COLUMN spent.activity.shard IS 'The shard''s number; null for what a start takes once.';
COMMENT ON COLUMN spent.activity.items IS 'Items of the shard, or of the run; null where they were not counted.';
COMMENT ON COLUMN spent.activity.n_bytes IS 'Bytes of the input.';
COMMENT ON COLUMN spent.activity.cpu_seconds IS 'User and system, all threads, child processes included.';
COMMENT ON COLUMN spent.activity.wall_seconds IS 'On the clock.';
COMMENT ON COLUMN spent.activity.peak_rss IS 'Bytes of memory that the process had held at most by then.';

CREATE TABLE spent.reading (
  run VARCHAR NOT NULL,
  start VARCHAR NOT NULL,
  line UINTEGER NOT NULL,
  meter VARCHAR NOT NULL,
  device VARCHAR NOT NULL,
  joules DOUBLE NOT NULL
);
COMMENT ON TABLE spent.reading IS 'What power meters read over a stage, of the whole machine, whoever used it.';
COMMENT ON COLUMN spent.reading.run IS 'The run.';
COMMENT ON COLUMN spent.reading.start IS 'Which start of it.';
COMMENT ON COLUMN spent.reading.line IS 'The line of the activity; that of stage workers is for all shards.';
COMMENT ON COLUMN spent.reading.meter IS 'rapl, nvml, codecarbon, or that of another distribution.';
COMMENT ON COLUMN spent.reading.device IS 'Which part of the machine.';
COMMENT ON COLUMN spent.reading.joules IS 'What it took.';

CREATE TABLE log.coefficient (
  version VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  year UINTEGER NOT NULL,
  unit VARCHAR NOT NULL,
  low DOUBLE NOT NULL,
  mid DOUBLE NOT NULL,
  high DOUBLE NOT NULL,
  source VARCHAR NOT NULL,
  in_use BOOLEAN NOT NULL
);
COMMENT ON TABLE log.coefficient IS 'The figures by which activity becomes energy and emissions.';
COMMENT ON COLUMN log.coefficient.version IS 'Of the table: the shipped one, and the file that the workspace names.';
COMMENT ON COLUMN log.coefficient.kind IS 'machine, training, device_watts, device_flops or grid.';
COMMENT ON COLUMN log.coefficient.name IS 'What it is of: a figure, a device, a region.';
COMMENT ON COLUMN log.coefficient.year IS 'Of which year it is.';
COMMENT ON COLUMN log.coefficient.unit IS 'In what it is.';
COMMENT ON COLUMN log.coefficient.low IS 'The lower end of what is plausible.';
COMMENT ON COLUMN log.coefficient.mid IS 'The best guess.';
COMMENT ON COLUMN log.coefficient.high IS 'The upper end of what is plausible.';
COMMENT ON COLUMN log.coefficient.source IS 'Where it comes from, or that it is assumed.';
COMMENT ON COLUMN log.coefficient.in_use IS 'Whether the view energy counts by it.';
