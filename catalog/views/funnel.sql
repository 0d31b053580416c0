-- How many items did each filter keep, mask, hold and drop? One row for each run and filter, in the recipe's order.
-- For everybody: it shows where the corpus shrinks. An item may be counted by several filters; one that a filter has
-- nothing to say of (a text, for a filter of pictures) is among those it keeps, and among `not_applicable`; one that
-- the reader could not read is held by every filter, and is among `unread`.
CREATE VIEW funnel AS
SELECT
  u.run,
  u.place,
  u.filter,
  coalesce(ran.ran, 0) AS ran,
  coalesce(ran.ran, 0) - coalesce(d.redact, 0) - coalesce(d.hold, 0) - coalesce(d."drop", 0) AS keep,
  coalesce(n.not_applicable, 0) AS not_applicable,
  coalesce(unread.items, 0) AS unread,
  coalesce(d.redact, 0) AS redact,
  coalesce(d.hold, 0) AS hold,
  coalesce(d."drop", 0) AS "drop"
FROM log.filter_used AS u
LEFT JOIN (
  SELECT run, filter, sum(ran)::BIGINT AS ran FROM log.shard_filter GROUP BY run, filter
) AS ran ON ran.run = u.run AND ran.filter = u.filter
LEFT JOIN (
  SELECT
    run,
    filter,
    count(*) FILTER (outcome = 'redact') AS redact,
    count(*) FILTER (outcome = 'hold') AS hold,
    count(*) FILTER (outcome = 'drop') AS "drop"
  FROM log.decision
  WHERE decisive
  GROUP BY run, filter
) AS d ON d.run = u.run AND d.filter = u.filter
LEFT JOIN (
  SELECT run, filter, count(*) AS not_applicable FROM log.finding_status WHERE status = 'not_applicable' GROUP BY run, filter
) AS n ON n.run = u.run AND n.filter = u.filter
LEFT JOIN (
  SELECT d.run, d.filter, count(*) AS items
  FROM log.decision AS d
  INNER JOIN log.item AS i ON i.run = d.run AND i.shard = d.shard AND i.position = d.position
  WHERE d.decisive AND d.outcome = 'hold' AND d.filter <> 'reader' AND i.reason IS NOT NULL
  GROUP BY d.run, d.filter
) AS unread ON unread.run = u.run AND unread.filter = u.filter
ORDER BY u.run, u.place;

COMMENT ON VIEW funnel IS 'Items kept, masked, held and dropped by each filter of each run.';
COMMENT ON COLUMN funnel.run IS 'The run.';
COMMENT ON COLUMN funnel.place IS 'The filter''s place in the recipe; the reader is 0, what decides on records comes last.';
COMMENT ON COLUMN funnel.filter IS 'The filter.';
COMMENT ON COLUMN funnel.ran IS 'Items it was run on.';
COMMENT ON COLUMN funnel.keep IS 'Of these, kept as far as this filter goes.';
COMMENT ON COLUMN funnel.not_applicable IS 'Of those kept, the ones it has nothing to say of.';
COMMENT ON COLUMN funnel.unread IS 'Of those held, the ones that the reader could not read, so that it never looked.';
COMMENT ON COLUMN funnel.redact IS 'Of these, masked.';
COMMENT ON COLUMN funnel.hold IS 'Of these, held.';
COMMENT ON COLUMN funnel."drop" IS 'Of these, dropped.';
