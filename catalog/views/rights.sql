-- On which rights does each item stand, and what became of it? One row for each item.
-- For whoever answers for the use of an item, and for the audits of rights.
CREATE VIEW rights AS
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  coalesce(['redact', 'hold', 'drop'][d.strictest], 'keep') AS verdict,
  coalesce(l.licence_class, 'unknown') AS licence_class,
  l.expression,
  l.level,
  l.issuers,
  l.conflict <> 0 AS conflict,
  coalesce(l.conditions, '') AS conditions,
  coalesce(l.basis, 'unknown') AS basis,
  r.reservation,
  r.later AS reservation_later
FROM log.item AS i
LEFT JOIN log.licence_found AS l ON l.run = i.run AND l.shard = i.shard AND l.position = i.position
LEFT JOIN log.reservation_found AS r ON r.run = i.run AND r.shard = i.shard AND r.position = i.position
LEFT JOIN (
  SELECT
    run,
    shard,
    position,
    max(list_position(['redact', 'hold', 'drop'], outcome)) AS strictest
  FROM log.decision
  GROUP BY run, shard, position
) AS d ON d.run = i.run AND d.shard = i.shard AND d.position = i.position;

COMMENT ON VIEW rights IS 'The rights that each item stands on, as they were found, and its verdict.';
COMMENT ON COLUMN rights.run IS 'The run.';
COMMENT ON COLUMN rights.item IS 'The item''s id.';
COMMENT ON COLUMN rights.verdict IS 'keep, redact, hold or drop.';
COMMENT ON COLUMN rights.licence_class IS 'public_domain, permissive, …; unknown where none was understood, or nobody looked.';
COMMENT ON COLUMN rights.expression IS 'The SPDX expression relied on; null if none was understood.';
COMMENT ON COLUMN rights.level IS 'The highest level of the evidence for that class, 0 (a mention) to 6 (a contract on file); null where nobody looked.';
COMMENT ON COLUMN rights.issuers IS 'How many name that class independently; null where nobody looked.';
COMMENT ON COLUMN rights.conflict IS 'Whether evidence names different classes; null where nobody looked.';
COMMENT ON COLUMN rights.conditions IS 'What any evidence asks for: attribution, share_alike, non_commercial, …, one space apart.';
COMMENT ON COLUMN rights.basis IS 'The legal basis relied on; licence where none is declared, unknown where nobody looked.';
COMMENT ON COLUMN rights.reservation IS 'The strictest that was said of training and mining as of the fetch: allowed, none_found, unclear, reserved; null if nobody looked.';
COMMENT ON COLUMN rights.reservation_later IS 'The strictest that is known to have been said after the fetch; null if nothing is.';
