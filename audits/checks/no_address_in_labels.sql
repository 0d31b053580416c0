-- Does any label still hold what looks like an address, a telephone number or a social security number?
-- A row: an item with one in its id, path, source, version, url or title. The catalog is no leak.
SELECT
  run,
  item
FROM item
WHERE
  regexp_matches(
    concat_ws(chr(10), id, path, source, version, url, title),
    '(?i)[\pL\pN_.+-][ ]{0,2}(@|%40|&#64;|&commat;|[(\[{]at[)\]}])[ ]{0,2}([a-uw-z]|v[a-z-]|[^\x00-\x7f])[\pL\pN_-]*([.][\pL\pN_-]+)*[.]\pL{2}'
  )
  OR regexp_matches(
    concat_ws(chr(10), id, path, source, version, url, title),
    '(^|[^\pL\pN_+])[+][0-9]([ ./()-]{0,3}[0-9]){7,14}($|[^0-9])|(^|[^\pL\pN_-])[0-9]{3}-[0-9]{2}-[0-9]{4}($|[^\pL\pN_-])'
  )
