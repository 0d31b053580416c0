-- What does each licence in a release ask of whoever passes it on? One row for each release and licence.
-- For whoever publishes a release: which texts must go along, and is anything missing.
CREATE VIEW obligation AS
SELECT
  release,
  licence,
  items,
  authorless,
  text,
  conditions
FROM log.obligation
ORDER BY release, licence;

COMMENT ON VIEW obligation IS 'What each licence in a release asks of whoever passes it on.';
COMMENT ON COLUMN obligation.release IS 'name@version.';
COMMENT ON COLUMN obligation.licence IS 'SPDX id of a licence, or of an exception to one.';
COMMENT ON COLUMN obligation.items IS 'Items whose expression names it.';
COMMENT ON COLUMN obligation.authorless IS 'Of these, items of which nobody says who made them.';
COMMENT ON COLUMN obligation.text IS 'Its text is in the release: found with the items, given with the recipe, or missing.';
COMMENT ON COLUMN obligation.conditions IS 'What it asks for: attribution, share_alike, non_commercial, …, one space apart.';
