-- What waits for a person, or was dropped, and why? One row for each run, verdict and reason.
-- For data engineers who tune a policy, and for reviewers.
CREATE VIEW held AS
SELECT
  i.run,
  i.verdict,
  i.decided_by,
  i.reason,
  r.sentence,
  count(*) AS items,
  min(i.item) AS example
FROM item AS i
LEFT JOIN log.reason AS r ON r.code = i.reason AND r.about = 'item'
WHERE i.verdict IN ('hold', 'drop')
GROUP BY i.run, i.verdict, i.decided_by, i.reason, r.sentence
ORDER BY i.run, i.verdict, items DESC, i.reason;

COMMENT ON VIEW held IS 'Items that did not stay, by verdict and reason.';
COMMENT ON COLUMN held.run IS 'The run.';
COMMENT ON COLUMN held.verdict IS 'hold or drop.';
COMMENT ON COLUMN held.decided_by IS 'The filter.';
COMMENT ON COLUMN held.reason IS 'The code.';
COMMENT ON COLUMN held.sentence IS 'What the code means.';
COMMENT ON COLUMN held.items IS 'How many.';
COMMENT ON COLUMN held.example IS 'One of them, for `tamis explain`.';
