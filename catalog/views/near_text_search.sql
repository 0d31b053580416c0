-- How were texts that are nearly the same searched for, and what was found? One row for each run that searched for any.
-- For whoever asks how sure it is: found_at_limit is the share of pairs just at the limit that are compared at all.
CREATE VIEW near_text_search AS
SELECT
  run,
  min_similarity,
  shingle,
  minima,
  bands,
  rows_in_band,
  found_at_limit,
  texts,
  wordless,
  earlier,
  candidates,
  confirmed,
  groups,
  largest,
  crowded
FROM log.near_text_search
ORDER BY run;

COMMENT ON VIEW near_text_search IS 'How texts that are nearly the same were searched for in each run, and how many were found.';
COMMENT ON COLUMN near_text_search.run IS 'The run.';
COMMENT ON COLUMN near_text_search.min_similarity IS 'Which share of runs of words two texts must have in common.';
COMMENT ON COLUMN near_text_search.shingle IS 'Words in each run that is compared; 0 where texts are compared by all their words.';
COMMENT ON COLUMN near_text_search.minima IS 'How many minima of a text are compared: the more, the better the estimate; 0 where nothing is estimated.';
COMMENT ON COLUMN near_text_search.bands IS 'Into how many bands they are cut, or 0; texts that share one are compared.';
COMMENT ON COLUMN near_text_search.rows_in_band IS 'Minima in each band.';
COMMENT ON COLUMN near_text_search.found_at_limit IS 'The chance that two texts exactly as similar as min_similarity are compared; it is higher for more similar ones.';
COMMENT ON COLUMN near_text_search.texts IS 'Texts that were compared with each other.';
COMMENT ON COLUMN near_text_search.wordless IS 'Texts that would stay and were compared with none, since they have no words.';
COMMENT ON COLUMN near_text_search.earlier IS 'Texts of earlier releases that they were compared with too.';
COMMENT ON COLUMN near_text_search.candidates IS 'Texts that share a band with one that is put before them.';
COMMENT ON COLUMN near_text_search.confirmed IS 'Of these, the near-duplicates.';
COMMENT ON COLUMN near_text_search.groups IS 'How many texts have near-duplicates, those of earlier releases included.';
COMMENT ON COLUMN near_text_search.largest IS 'How many near-duplicates the text has that has most.';
COMMENT ON COLUMN near_text_search.crowded IS 'Texts that were not compared with all that share a band with them, since these are too many.';
