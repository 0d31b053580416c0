-- How is each release split? One row for each split of each release that has splits.
-- For model teams: how much there is to train on and to test on, and what the splits were kept apart by.
CREATE VIEW release_split AS
WITH counted AS (
  SELECT
    release,
    split,
    count(DISTINCT (cluster_hi, cluster_lo)) AS clusters
  FROM log.release_item
  WHERE split IS NOT NULL
  GROUP BY release, split
)
SELECT
  s.release,
  s.split,
  s.share,
  s.seed,
  s.compared,
  coalesce(c.clusters, 0) AS clusters,
  s.texts,
  s.images,
  s.text_bytes,
  s.image_bytes,
  s.tokens
FROM log.release_split AS s
LEFT JOIN counted AS c ON c.release = s.release AND c.split = s.split
ORDER BY s.release, s.share DESC, s.split;

COMMENT ON VIEW release_split IS 'The splits of each release that has any.';
COMMENT ON COLUMN release_split.release IS 'name@version.';
COMMENT ON COLUMN release_split.split IS 'Its name: train, validation, test, …';
COMMENT ON COLUMN release_split.share IS 'The share of clusters that the recipe asks for.';
COMMENT ON COLUMN release_split.seed IS 'By which clusters are drawn.';
COMMENT ON COLUMN release_split.compared IS 'text, image: among which near-duplicates were looked for. Of others only what is equal is kept in one split.';
COMMENT ON COLUMN release_split.clusters IS 'Clusters in it: each is whole in one split.';
COMMENT ON COLUMN release_split.texts IS 'Texts in it.';
COMMENT ON COLUMN release_split.images IS 'Pictures in it.';
COMMENT ON COLUMN release_split.text_bytes IS 'Of these texts, in UTF-8.';
COMMENT ON COLUMN release_split.image_bytes IS 'Of these pictures.';
COMMENT ON COLUMN release_split.tokens IS 'Of these texts, before anything was masked in them; null where nobody counted them.';
