-- Which runs were there? One row each: what was asked, with what, and how it ended.
-- For everybody.
CREATE VIEW run AS
SELECT
  r.run,
  r.started_at,
  r.finished_at,
  r.status,
  r.recipe_name,
  r.recipe_digest,
  r.policy_name,
  r.policy_version,
  r.policy_digest,
  r.tamis_version,
  r.python,
  r.machine,
  r.libraries,
  r.suppressions,
  r.suppressed,
  (SELECT count(*) FROM log.shard AS s WHERE s.run = r.run) AS shards,
  (SELECT count(*) FROM log.shard AS s WHERE s.run = r.run AND s.status = 'failed') AS shards_failed,
  (SELECT count(*) FROM log.item AS i WHERE i.run = r.run) AS items,
  r.recipe_text,
  r.policy_text
FROM log.run AS r
ORDER BY r.started_at, r.run;

COMMENT ON VIEW run IS 'Every run: what was asked, with what, and how it ended.';
COMMENT ON COLUMN run.run IS 'The id: a digest of recipe, policy, filters and input.';
COMMENT ON COLUMN run.started_at IS 'When it was first started, UTC.';
COMMENT ON COLUMN run.finished_at IS 'When its last shard was through, UTC.';
COMMENT ON COLUMN run.status IS 'open, done, or partly (some shards failed).';
COMMENT ON COLUMN run.recipe_name IS 'The name in the recipe.';
COMMENT ON COLUMN run.recipe_digest IS 'SHA-256 of what the recipe says.';
COMMENT ON COLUMN run.policy_name IS 'The name in the policy.';
COMMENT ON COLUMN run.policy_version IS 'The version in the policy.';
COMMENT ON COLUMN run.policy_digest IS 'SHA-256 of what the policy says.';
COMMENT ON COLUMN run.tamis_version IS 'The version of Tamis.';
COMMENT ON COLUMN run.python IS 'The version of Python.';
COMMENT ON COLUMN run.machine IS 'Operating system and processor.';
COMMENT ON COLUMN run.libraries IS 'Versions of the libraries that results may depend on.';
COMMENT ON COLUMN run.suppressions IS 'SHA-256 of the suppression list that was applied; null if it was empty.';
COMMENT ON COLUMN run.suppressed IS 'How many values were on that list.';
COMMENT ON COLUMN run.shards IS 'Shards that were planned.';
COMMENT ON COLUMN run.shards_failed IS 'Shards that failed.';
COMMENT ON COLUMN run.items IS 'Positions that have a verdict.';
COMMENT ON COLUMN run.recipe_text IS 'The recipe as it was written.';
COMMENT ON COLUMN run.policy_text IS 'The policy as it was written.';
