-- By what figures does activity become energy and emissions, and where are they from? One row for each figure.
-- For whoever doubts a kWh: change one in a file of your own and build the catalog anew.
CREATE VIEW coefficient AS
SELECT
  version,
  kind,
  name,
  year,
  unit,
  low,
  mid,
  high,
  source,
  in_use
FROM log.coefficient
ORDER BY kind, name;

COMMENT ON VIEW coefficient IS 'The figures by which activity becomes energy and emissions, with their sources.';
COMMENT ON COLUMN coefficient.version IS 'Of the table: the shipped one, and the file that the workspace names.';
COMMENT ON COLUMN coefficient.kind IS 'machine, training, device_watts, device_flops or grid.';
COMMENT ON COLUMN coefficient.name IS 'What it is of: a figure, a device, a region.';
COMMENT ON COLUMN coefficient.year IS 'Of which year it is.';
COMMENT ON COLUMN coefficient.unit IS 'In what it is.';
COMMENT ON COLUMN coefficient.low IS 'The lower end of what is plausible.';
COMMENT ON COLUMN coefficient.mid IS 'The best guess.';
COMMENT ON COLUMN coefficient.high IS 'The upper end of what is plausible.';
COMMENT ON COLUMN coefficient.source IS 'Where it comes from, or that it is assumed.';
COMMENT ON COLUMN coefficient.in_use IS 'Whether the view energy counts by it.';
