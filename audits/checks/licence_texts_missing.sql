-- Does the text of every licence go along with the release?
-- A row: a licence whose text came with no item, and is not in the folder that the recipe names.
-- asks: advisory
SELECT
  release,
  licence,
  items
FROM obligation
WHERE text = 'missing'
