-- How were texts that say nearly the same searched for, and what was found? One row for each run that searched for any.
-- For whoever asks what was compared: without_vector and barely_seen are texts that stay without having been.
CREATE VIEW near_meaning_search AS
SELECT
  run,
  min_similarity,
  dimensions,
  texts,
  without_vector,
  barely_seen,
  earlier,
  confirmed,
  groups,
  largest
FROM log.near_meaning_search
ORDER BY run;

COMMENT ON VIEW near_meaning_search IS 'How texts that say nearly the same were searched for in each run, and how many were found.';
COMMENT ON COLUMN near_meaning_search.run IS 'The run.';
COMMENT ON COLUMN near_meaning_search.min_similarity IS 'The cosine from which on the vectors of two texts are nearly the same.';
COMMENT ON COLUMN near_meaning_search.dimensions IS 'Numbers in a vector.';
COMMENT ON COLUMN near_meaning_search.texts IS 'Texts that were compared with each other.';
COMMENT ON COLUMN near_meaning_search.without_vector IS 'Texts that would stay and were compared with none, since they have no vector.';
COMMENT ON COLUMN near_meaning_search.barely_seen IS 'Texts that would stay and were compared with none, since the model saw too little of them.';
COMMENT ON COLUMN near_meaning_search.earlier IS 'Texts of earlier releases that they were compared with too.';
COMMENT ON COLUMN near_meaning_search.confirmed IS 'How many of them are near-duplicates of one that is put before them.';
COMMENT ON COLUMN near_meaning_search.groups IS 'How many texts have near-duplicates, those of earlier releases included.';
COMMENT ON COLUMN near_meaning_search.largest IS 'How many near-duplicates the text has that has most.';
