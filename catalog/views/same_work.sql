-- Which items are the same work? One row for each work and item that is one of its copies, over all runs and corpora.
-- For auditors of licences. A work is named by a content: its copies are all items of just that content, and then all of
-- every content of which a decision says that an item of the first is its twin. Two copies of one `work` are thus as
-- alike as the less alike of them is to it. One row a copy, never one a pair: a text may be there 100,000 times.
CREATE VIEW same_work AS
WITH near AS (
  SELECT
    t.content_hi AS work_hi,
    t.content_lo AS work_lo,
    i.content_hi,
    i.content_lo,
    max(d.similarity) AS similarity
  FROM log.decision AS d
  INNER JOIN log.item AS i ON i.run = d.run AND i.shard = d.shard AND i.position = d.position
  INNER JOIN log.item AS t ON t.run = d.run AND t.item_hi = d.twin_hi AND t.item_lo = d.twin_lo
  -- a picture and what goes with it are one record, not one work
  WHERE d.filter <> 'record' AND (t.content_hi <> i.content_hi OR t.content_lo <> i.content_lo)
  GROUP BY t.content_hi, t.content_lo, i.content_hi, i.content_lo
),
alike AS (
  SELECT work_hi, work_lo, content_hi, content_lo, similarity FROM near
  UNION ALL
  SELECT DISTINCT work_hi, work_lo, work_hi, work_lo, 1.0 FROM near
)
SELECT
  hex128(content_hi, content_lo) AS work,
  'same content' AS how,
  run,
  hex128(item_hi, item_lo) AS item,
  1.0::FLOAT AS similarity
FROM log.item
UNION ALL
SELECT
  hex128(a.work_hi, a.work_lo),
  'near duplicate',
  i.run,
  hex128(i.item_hi, i.item_lo),
  a.similarity::FLOAT
FROM alike AS a
INNER JOIN log.item AS i ON i.content_hi = a.content_hi AND i.content_lo = a.content_lo;

COMMENT ON VIEW same_work IS 'The copies of each work: items of equal content, and near duplicates, over all runs.';
COMMENT ON COLUMN same_work.work IS 'The keyed digest of a content: rows of equal work and how are copies of each other.';
COMMENT ON COLUMN same_work.how IS 'same content, or near duplicate: then copies of the work''s own content are in it too.';
COMMENT ON COLUMN same_work.run IS 'The run.';
COMMENT ON COLUMN same_work.item IS 'The item''s id.';
COMMENT ON COLUMN same_work.similarity IS 'How alike the item is to the work, 0 to 1.';
