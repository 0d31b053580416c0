-- Does all of a record go with a picture of it that does not stay, as the policy says?
-- A row: an item that stays although a picture of its record is held or dropped, and the policy has a rule for that.
-- A picture that is dropped as a duplicate takes nothing along: it is in the release, in another record.
SELECT
  rel.release,
  i.run,
  i.item,
  p.item AS picture,
  p.verdict,
  p.reason
FROM item AS i
INNER JOIN item AS p ON p.run = i.run AND p.record = i.record
INNER JOIN log.limit_used AS u
  ON u.run = i.run
  AND u.rule = if(i.kind = 'text', 'records.text', 'records.pictures')
  AND u.outcome = p.verdict
LEFT JOIN log.release AS rel ON rel.run = i.run
WHERE i.verdict IN ('keep', 'redact') AND p.kind = 'image' AND NOT contains(p.reason, 'duplicate')
