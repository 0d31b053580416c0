-- Under which terms is each work there? One row for each work, run, class of licence and set of conditions.
-- For auditors of licences: a work with several rows may have been passed on under a freer licence than its own.
CREATE VIEW work_terms AS
SELECT
  w.work,
  w.how,
  w.run,
  r.licence_class,
  r.conditions,
  coalesce(
    list_position(
      ['public_domain', 'permissive', 'attribution', 'share_alike', 'copyleft', 'restricted', 'proprietary'],
      r.licence_class
    ),
    0
  ) AS strictness,
  -- what the class does not say already
  regexp_extract_all(
    r.conditions,
    'non_commercial|no_derivatives|field_of_use|academic_only|no_machine_learning'
  ) AS restrictions,
  count(*) AS items,
  min(r.item) AS example,
  max(w.similarity) AS similarity
FROM same_work AS w
INNER JOIN rights AS r ON r.run = w.run AND r.item = w.item
GROUP BY w.work, w.how, w.run, r.licence_class, r.conditions;

COMMENT ON VIEW work_terms IS 'The terms under which each work is there, in every run, whatever became of the copies.';
COMMENT ON COLUMN work_terms.work IS 'The work, as in the view same_work.';
COMMENT ON COLUMN work_terms.how IS 'same content, or near duplicate.';
COMMENT ON COLUMN work_terms.run IS 'The run.';
COMMENT ON COLUMN work_terms.licence_class IS 'public_domain, permissive, …, unknown.';
COMMENT ON COLUMN work_terms.conditions IS 'What any evidence for these copies asks for, one space apart.';
COMMENT ON COLUMN work_terms.strictness IS 'The place of the class from free to closed, from 1; 0 for unknown, which is no evidence of a stricter one.';
COMMENT ON COLUMN work_terms.restrictions IS 'Of the conditions, those that forbid some use.';
COMMENT ON COLUMN work_terms.items IS 'How many copies there are under these terms.';
COMMENT ON COLUMN work_terms.example IS 'One of them.';
COMMENT ON COLUMN work_terms.similarity IS 'How alike the one that is most alike is to the work.';
