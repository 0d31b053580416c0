-- Does anything stay under a freer licence than another copy of it has in the same run?
-- A row: an item that relies on its licence, and a copy of a stricter class, or with a restriction that its own lacks.
-- Copies that were held or dropped are heard too. A class that is unknown is no evidence of a stricter one.
WITH term AS MATERIALIZED (
  SELECT * FROM work_terms
)
SELECT
  rel.release,
  mine.run,
  r.item,
  mine.licence_class,
  mine.conditions,
  other.example AS other,
  i.corpus AS other_corpus,
  other.licence_class AS other_class,
  other.conditions AS other_conditions,
  mine.how
FROM term AS mine
INNER JOIN term AS other ON other.work = mine.work AND other.how = mine.how AND other.run = mine.run
INNER JOIN same_work AS w ON w.work = mine.work AND w.how = mine.how AND w.run = mine.run
INNER JOIN rights AS r
  ON r.run = w.run
  AND r.item = w.item
  AND r.licence_class = mine.licence_class
  AND r.conditions = mine.conditions
INNER JOIN item AS i ON i.run = other.run AND i.item = other.example
LEFT JOIN log.release AS rel ON rel.run = mine.run
WHERE
  (other.strictness > mine.strictness OR NOT list_has_all(mine.restrictions, other.restrictions))
  AND r.verdict IN ('keep', 'redact')
  AND r.basis = 'licence'
QUALIFY
  row_number() OVER (
    PARTITION BY rel.release, mine.run, r.item ORDER BY mine.how DESC, other.strictness DESC, other.example
  ) = 1
