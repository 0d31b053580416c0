-- Which lines and paragraphs stand in many texts, and how many texts are for the most part such? One row for each run that asked.
-- For whoever sets the limits: if few texts are touched, or many decided, look again at `documents` and the shares.
CREATE VIEW repeated_line_search AS
SELECT
  run,
  documents,
  least_words,
  texts,
  pieces,
  repeated,
  touched,
  decided,
  unknown,
  earlier
FROM log.repeated_line_search
ORDER BY run;

COMMENT ON VIEW repeated_line_search IS 'How lines and paragraphs that stand in many texts were looked for in each run, and how many were found.';
COMMENT ON COLUMN repeated_line_search.run IS 'The run.';
COMMENT ON COLUMN repeated_line_search.documents IS 'A line or paragraph that stands in more texts than this is repeated.';
COMMENT ON COLUMN repeated_line_search.least_words IS 'Lines and paragraphs of fewer words were not compared.';
COMMENT ON COLUMN repeated_line_search.texts IS 'Texts that were compared with each other.';
COMMENT ON COLUMN repeated_line_search.pieces IS 'Lines and paragraphs of these, of each text those that differ.';
COMMENT ON COLUMN repeated_line_search.repeated IS 'How many different ones are repeated.';
COMMENT ON COLUMN repeated_line_search.touched IS 'Texts that have any of these.';
COMMENT ON COLUMN repeated_line_search.decided IS 'Texts that have more of them than the policy lets pass.';
COMMENT ON COLUMN repeated_line_search.unknown IS 'Texts that were held since their digests are not all on record.';
COMMENT ON COLUMN repeated_line_search.earlier IS 'Texts of earlier releases that counted as well, without those that the run has itself.';
