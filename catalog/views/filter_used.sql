-- Which filters ran in which run, in what version, with which models? One row each.
-- For whoever wants to repeat or to doubt a run.
CREATE VIEW filter_used AS
SELECT
  run,
  place,
  filter,
  version,
  digest,
  reads,
  parameters,
  models,
  libraries
FROM log.filter_used
ORDER BY run, place;

COMMENT ON VIEW filter_used IS 'The filters of each run, with versions, parameters and model digests.';
COMMENT ON COLUMN filter_used.run IS 'The run.';
COMMENT ON COLUMN filter_used.place IS 'Its place in the recipe, from 1; the reader is 0, what decides on records comes last.';
COMMENT ON COLUMN filter_used.filter IS 'Its name.';
COMMENT ON COLUMN filter_used.version IS 'The version of its code.';
COMMENT ON COLUMN filter_used.digest IS 'SHA-256 of name, version, parameters, models and libraries.';
COMMENT ON COLUMN filter_used.reads IS 'content: text or picture only; item: provenance too.';
COMMENT ON COLUMN filter_used.parameters IS 'Its parameters, defaults included.';
COMMENT ON COLUMN filter_used.models IS 'SHA-256 of every model and data file.';
COMMENT ON COLUMN filter_used.libraries IS 'Versions of its libraries.';
