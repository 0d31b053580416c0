-- How were near-duplicates searched for, and what was found? One row for each run that searched for any.
-- For whoever asks how sure it is: expected_chance_pairs is what unrelated pictures would give by chance alone.
CREATE VIEW near_duplicate_search AS
SELECT
  run,
  radius,
  second_hash,
  pictures,
  plain,
  earlier,
  expected_chance_pairs,
  candidates,
  confirmed,
  groups
FROM log.near_duplicate_search
ORDER BY run;

COMMENT ON VIEW near_duplicate_search IS 'How near-duplicates were searched for in each run, and how many were found.';
COMMENT ON COLUMN near_duplicate_search.run IS 'The run.';
COMMENT ON COLUMN near_duplicate_search.radius IS 'In how many bits of 64 the pHash of two pictures may differ.';
COMMENT ON COLUMN near_duplicate_search.second_hash IS 'Whether a second hash had to agree: dHash or PDQ.';
COMMENT ON COLUMN near_duplicate_search.pictures IS 'Pictures that were compared with each other.';
COMMENT ON COLUMN near_duplicate_search.plain IS 'Pictures that would stay and were compared with none, since there is too little in them.';
COMMENT ON COLUMN near_duplicate_search.earlier IS 'Pictures of earlier releases that they were compared with too.';
COMMENT ON COLUMN near_duplicate_search.expected_chance_pairs IS 'How many pairs are within the radius by chance alone if hashes are independent, before a second hash is asked.';
COMMENT ON COLUMN near_duplicate_search.candidates IS 'Pictures within the radius of one that is put before them.';
COMMENT ON COLUMN near_duplicate_search.confirmed IS 'Of these, the near-duplicates.';
COMMENT ON COLUMN near_duplicate_search.groups IS 'How many pictures have near-duplicates, those of earlier releases included.';
