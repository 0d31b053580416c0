-- Does any label still hold what looks like an address, a telephone number or a social security number?
-- A row: an item with one in its id, path, source, version, url, title or label. The catalog is no leak.
-- Plain spellings only: the reader undoes the disguises, and a label that it passes must not block a release.
SELECT
  run,
  item
FROM item
WHERE
  regexp_matches(
    concat_ws(chr(10), id, path, source, version, url, title, label),
    '[A-Za-z0-9_+-]@[A-Za-z][A-Za-z0-9-]*([.][A-Za-z0-9-]+)*[.][A-Za-z]{2}'
  )
  OR regexp_matches(
    concat_ws(chr(10), id, path, source, version, url, title, label),
    '(^|[^\pL\pN_+])[+][1-9]([ ./()-]{0,3}[0-9]){7,14}($|[^0-9])|(^|[^\pL\pN_-])[0-9]{3}-[0-9]{2}-[0-9]{4}($|[^\pL\pN_-])'
  )
