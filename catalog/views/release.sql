-- Which releases are sealed? One row each.
-- For model teams who pin a version, and for auditors who start from one.
CREATE VIEW release AS
SELECT
  release,
  name,
  version,
  run,
  digest,
  content_digest,
  texts,
  images,
  masked,
  characters,
  image_bytes,
  part_of,
  coalesce(
    (SELECT list(DISTINCT o.origin ORDER BY o.origin) FROM log.release_origin AS o WHERE o.release = r.release AND o.steps = 1),
    []
  ) AS made_from
FROM log.release AS r
ORDER BY name, version;

COMMENT ON VIEW release IS 'Every sealed release.';
COMMENT ON COLUMN release.release IS 'name@version.';
COMMENT ON COLUMN release.name IS 'Its name.';
COMMENT ON COLUMN release.version IS 'Its version, which never changes.';
COMMENT ON COLUMN release.run IS 'The run it was made by.';
COMMENT ON COLUMN release.digest IS 'SHA-256 of its manifest, and so of every byte.';
COMMENT ON COLUMN release.content_digest IS 'SHA-256 over its rows.';
COMMENT ON COLUMN release.texts IS 'How many texts it has.';
COMMENT ON COLUMN release.images IS 'How many pictures it has.';
COMMENT ON COLUMN release.masked IS 'How many texts were masked somewhere.';
COMMENT ON COLUMN release.characters IS 'Characters of all texts.';
COMMENT ON COLUMN release.image_bytes IS 'Bytes of all pictures.';
COMMENT ON COLUMN release.part_of IS 'The release that it is a part of, as name@version; null for one that stands for itself.';
COMMENT ON COLUMN release.made_from IS 'The releases that its corpora were read from, as name@version; release_origin has their digests, and what these were made of.';
