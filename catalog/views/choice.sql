-- Where does each item stand in the order in which items are chosen? One row for each item that all filters let stay.
-- For whoever asks why an item is not in a subset, or at which budget it would be.
CREATE VIEW choice AS
SELECT
  c.run,
  hex128(i.item_hi, i.item_lo) AS item,
  c.score,
  c.rank,
  s.pool_items AS of_items,
  c.size,
  c.chosen,
  c.cluster
FROM log.choice AS c
INNER JOIN log.item AS i ON i.run = c.run AND i.shard = c.shard AND i.position = c.position
INNER JOIN log.subset AS s ON s.run = c.run;

COMMENT ON VIEW choice IS 'Each item that was there to be chosen, with its score and its place in the order.';
COMMENT ON COLUMN choice.run IS 'The run.';
COMMENT ON COLUMN choice.item IS 'The item''s id.';
COMMENT ON COLUMN choice.score IS 'How much it is like the target; null where nothing is scored, or it has no words or no vector.';
COMMENT ON COLUMN choice.rank IS 'Its place in the order, from 1; null where it cannot be chosen.';
COMMENT ON COLUMN choice.of_items IS 'How many items were there to be chosen from.';
COMMENT ON COLUMN choice.size IS 'In the unit of the budget.';
COMMENT ON COLUMN choice.chosen IS 'Whether it is chosen.';
COMMENT ON COLUMN choice.cluster IS 'The cluster of a picture, where strata, caps or floors go by it; else null.';
