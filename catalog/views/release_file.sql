-- Which files has each release, with which digest? One row each.
-- For whoever compares two releases, or checks a copy.
CREATE VIEW release_file AS
SELECT
  release,
  path,
  sha256,
  n_bytes,
  n_rows
FROM log.release_file
ORDER BY release, path;

COMMENT ON VIEW release_file IS 'The files of each release.';
COMMENT ON COLUMN release_file.release IS 'name@version.';
COMMENT ON COLUMN release_file.path IS 'Inside the release.';
COMMENT ON COLUMN release_file.sha256 IS 'Of its bytes.';
COMMENT ON COLUMN release_file.n_bytes IS 'Its size.';
COMMENT ON COLUMN release_file.n_rows IS 'Items in it; null for files that hold none.';
