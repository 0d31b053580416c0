-- What went in? One row for each position of each shard, with its verdict and the decision that gave it.
-- For everybody: most questions start here.
CREATE VIEW item AS
WITH strictest AS (
  SELECT
    d.run,
    d.shard,
    d.position,
    max_by(d.outcome, d.rank) AS verdict,
    max_by(d.filter, d.rank) AS decided_by,
    max_by(d.reason, d.rank) AS reason,
    max_by(d.rule, d.rank) AS rule
  FROM (
    SELECT
      decided.*,
      -- the strictest outcome; of equal ones the filter that stands first in the recipe
      list_position(['redact', 'hold', 'drop'], decided.outcome) * 1000 - used.place AS rank
    FROM log.decision AS decided
    INNER JOIN log.filter_used AS used ON used.run = decided.run AND used.filter = decided.filter
    WHERE decided.decisive
  ) AS d
  GROUP BY d.run, d.shard, d.position
)
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  s.corpus,
  s.name AS shard,
  i.position,
  CASE WHEN first.item_hi IS NOT NULL THEN hex128(first.item_hi, first.item_lo) END AS record,
  i.kind,
  coalesce(strictest.verdict, 'keep') AS verdict,
  strictest.decided_by,
  strictest.reason,
  strictest.rule,
  i.n_bytes,
  hex128(i.content_hi, i.content_lo) AS content,
  i.id,
  i.path,
  i.source,
  i.version,
  i.url,
  i.title,
  i.label
FROM log.item AS i
INNER JOIN log.shard AS s ON s.run = i.run AND s.shard = i.shard
LEFT JOIN log.item AS first ON first.run = i.run AND first.shard = i.shard AND first.position = i.record
LEFT JOIN strictest ON strictest.run = i.run AND strictest.shard = i.shard AND strictest.position = i.position;

COMMENT ON VIEW item IS 'Every text and picture that went in, with its verdict and why.';
COMMENT ON COLUMN item.run IS 'The run.';
COMMENT ON COLUMN item.item IS 'The id, 32 hex digits: `tamis explain` takes it.';
COMMENT ON COLUMN item.corpus IS 'The corpus of the recipe.';
COMMENT ON COLUMN item.shard IS 'The shard''s name: its place in the corpus.';
COMMENT ON COLUMN item.position IS 'Its place in the shard, from 0.';
COMMENT ON COLUMN item.record IS 'The id of the first item of its record: equal for all of them; null where it stands alone.';
COMMENT ON COLUMN item.kind IS 'text or image.';
COMMENT ON COLUMN item.verdict IS 'keep, redact, hold or drop: the strictest outcome of all filters.';
COMMENT ON COLUMN item.decided_by IS 'The filter whose decision it is; null if kept.';
COMMENT ON COLUMN item.reason IS 'Why, a code of the view reason; null if kept.';
COMMENT ON COLUMN item.rule IS 'The place in the policy; null if kept.';
COMMENT ON COLUMN item.n_bytes IS 'Its size.';
COMMENT ON COLUMN item.content IS 'Keyed digest of its content, 32 hex digits: equal for equal content, and no help in guessing it.';
COMMENT ON COLUMN item.id IS 'The corpus''s own id.';
COMMENT ON COLUMN item.path IS 'Where in the corpus it lies.';
COMMENT ON COLUMN item.source IS 'Who published it.';
COMMENT ON COLUMN item.version IS 'The version of what it was published in.';
COMMENT ON COLUMN item.url IS 'Where it was published.';
COMMENT ON COLUMN item.title IS 'Its title.';
COMMENT ON COLUMN item.label IS 'The class that the corpus says it is of; null where it says none.';
