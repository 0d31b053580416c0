-- Which items are in which release, and where? One row for each item of each release.
-- For whoever must find, or have removed, one item everywhere.
CREATE VIEW release_item AS
SELECT
  r.release,
  r.run,
  hex128(r.item_hi, r.item_lo) AS item,
  r.kind,
  r.file,
  r.file_row,
  r.reencoded,
  r.split,
  hex128(r.cluster_hi, r.cluster_lo) AS cluster
FROM log.release_item AS r;

COMMENT ON VIEW release_item IS 'Where each item of each release lies.';
COMMENT ON COLUMN release_item.release IS 'name@version.';
COMMENT ON COLUMN release_item.run IS 'The run it was made by.';
COMMENT ON COLUMN release_item.item IS 'The item''s id.';
COMMENT ON COLUMN release_item.kind IS 'text or image.';
COMMENT ON COLUMN release_item.file IS 'The file inside the release.';
COMMENT ON COLUMN release_item.file_row IS 'The row in that file, from 0.';
COMMENT ON COLUMN release_item.reencoded IS 'jpeg, png or webp: the picture was encoded anew. Null: the bytes that came; and for texts.';
COMMENT ON COLUMN release_item.split IS 'The split that it lies in; null where the release has none.';
COMMENT ON COLUMN release_item.cluster IS 'Id of the first item, by id, of what lies in one split with it for it is the same, nearly the same, or of one record; null where there are no splits.';
