-- Does anything stay under a freer licence than a copy of it has in another run?
-- A row: an item that relies on its licence, and a copy, as another run found it, that is stricter.
-- What a release holds does not depend on other runs, so that nothing is held for it: a person should look.
-- asks: advisory
WITH term AS MATERIALIZED (
  SELECT
    work,
    how,
    licence_class,
    conditions,
    strictness,
    restrictions,
    -- two runs are enough: one of them is another than that of the item
    min_by(example, run) AS first_example,
    max_by(example, run) AS last_example,
    min(run) AS first_run,
    max(run) AS last_run
  FROM work_terms
  GROUP BY work, how, licence_class, conditions, strictness, restrictions
),
freer AS (
  SELECT
    mine.work,
    mine.how,
    mine.licence_class,
    mine.conditions,
    other.licence_class AS other_class,
    other.conditions AS other_conditions,
    other.strictness,
    other.first_run,
    other.first_example,
    other.last_run,
    other.last_example
  FROM term AS mine
  INNER JOIN term AS other ON other.work = mine.work AND other.how = mine.how
  WHERE other.strictness > mine.strictness OR NOT list_has_all(mine.restrictions, other.restrictions)
)
SELECT
  rel.release,
  r.run,
  r.item,
  r.licence_class,
  r.conditions,
  if(f.first_run <> r.run, f.first_run, f.last_run) AS other_run,
  if(f.first_run <> r.run, f.first_example, f.last_example) AS other,
  f.other_class,
  f.other_conditions,
  f.how
FROM freer AS f
INNER JOIN same_work AS w ON w.work = f.work AND w.how = f.how
INNER JOIN rights AS r
  ON r.run = w.run
  AND r.item = w.item
  AND r.licence_class = f.licence_class
  AND r.conditions = f.conditions
LEFT JOIN log.release AS rel ON rel.run = r.run
WHERE
  (f.first_run <> r.run OR f.last_run <> r.run)
  AND r.verdict IN ('keep', 'redact')
  AND r.basis = 'licence'
QUALIFY row_number() OVER (PARTITION BY rel.release, r.run, r.item ORDER BY f.how DESC, f.strictness DESC, other_run) = 1
