-- Who reserves what went in, by which protocol, and what became of it? One row for each run, basis, protocol, answer, time
-- and verdict.
-- For whoever must show that reservations were looked for and heard. An item is counted once for each answer it got, and
-- under no protocol at all (null) if nobody looked.
CREATE VIEW reservation_mix AS
WITH said AS (
  SELECT DISTINCT
    run,
    item,
    kind AS protocol,
    reservation AS says,
    at_fetch
  FROM evidence
  WHERE about = 'reservation'
)
SELECT
  r.run,
  r.basis,
  s.protocol,
  s.says,
  s.at_fetch,
  r.verdict,
  count(*) AS items
FROM rights AS r
LEFT JOIN said AS s ON s.run = r.run AND s.item = r.item
GROUP BY ALL
ORDER BY ALL;

COMMENT ON VIEW reservation_mix IS 'Items by legal basis, protocol, what it says of training and mining, and verdict.';
COMMENT ON COLUMN reservation_mix.run IS 'The run.';
COMMENT ON COLUMN reservation_mix.basis IS 'The legal basis relied on; licence where none is declared.';
COMMENT ON COLUMN reservation_mix.protocol IS 'robots, aipref, tdmrep, …; null for items of which nobody looked for any.';
COMMENT ON COLUMN reservation_mix.says IS 'allowed, none_found, unclear or reserved.';
COMMENT ON COLUMN reservation_mix.at_fetch IS 'True if it stood when the item was fetched; false if it is known to be newer.';
COMMENT ON COLUMN reservation_mix.verdict IS 'keep, redact, hold or drop.';
COMMENT ON COLUMN reservation_mix.items IS 'How many.';
