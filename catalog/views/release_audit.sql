-- What did the audits say before each release was sealed? One row for each release and check.
-- For auditors.
CREATE VIEW release_audit AS
SELECT
  release,
  audit,
  offending
FROM log.release_audit
ORDER BY release, audit;

COMMENT ON VIEW release_audit IS 'What the audits answered before a release was sealed.';
COMMENT ON COLUMN release_audit.release IS 'name@version.';
COMMENT ON COLUMN release_audit.audit IS 'The check, a file of audits/checks.';
COMMENT ON COLUMN release_audit.offending IS 'How many rows it returned.';
