-- Does any label still hold what looks like an e-mail address?
-- A row: an item with an address in its id, path, source, url or title. The catalog is no leak.
SELECT
  run,
  item
FROM item
WHERE
  regexp_matches(
    concat_ws(' ', id, path, source, version, url, title),
    '[A-Za-z0-9._+-]+@[A-Za-z0-9-]+[.][A-Za-z]{2,}'
  )
