-- Of which releases was each release made, and of which were these? One row for each origin, back to the first.
-- For whoever must know what a subset of a subset came from, or in what something lives on that has to go.
CREATE VIEW release_origin AS
SELECT
  release,
  steps,
  corpus,
  origin,
  digest
FROM log.release_origin
ORDER BY release, steps, origin, corpus;

COMMENT ON VIEW release_origin IS 'What each release was made of, and what that was made of.';
COMMENT ON COLUMN release_origin.release IS 'name@version.';
COMMENT ON COLUMN release_origin.steps IS 'How many steps back: 1 for what it was made of itself.';
COMMENT ON COLUMN release_origin.corpus IS 'The corpus that was read from the origin; null where it was a part of it.';
COMMENT ON COLUMN release_origin.origin IS 'name@version of the origin, which need not be in this workspace.';
COMMENT ON COLUMN release_origin.digest IS 'SHA-256 of the manifest of the origin.';
