-- What is known of the rights in each item? One row for each piece of evidence, understood or not.
-- For whoever must show why an item may be used.
CREATE VIEW evidence AS
SELECT
  i.run,
  hex128(i.item_hi, i.item_lo) AS item,
  e.about,
  e.kind,
  e.level,
  e.scope,
  e.location,
  e.expression,
  e.licence_class,
  e.conditions,
  e.reservation,
  e.machine_readable,
  e.observed_at,
  e.at_fetch,
  hex128(e.raw_hi, e.raw_lo) AS claim
FROM log.evidence AS e
INNER JOIN log.item AS i ON i.run = e.run AND i.shard = e.shard AND i.position = e.position;

COMMENT ON VIEW evidence IS 'What is known of the rights in each item, piece by piece, and what each was understood as.';
COMMENT ON COLUMN evidence.run IS 'The run.';
COMMENT ON COLUMN evidence.item IS 'The item''s id.';
COMMENT ON COLUMN evidence.about IS 'licence; reservation, against training and mining; basis, by law.';
COMMENT ON COLUMN evidence.kind IS 'Who says it, and how.';
COMMENT ON COLUMN evidence.level IS 'How much it weighs, 0 (a mention) to 6 (a contract on file).';
COMMENT ON COLUMN evidence.scope IS 'Of what it speaks: part, item, page, file, directory, repository, dataset, host.';
COMMENT ON COLUMN evidence.location IS 'Where it stood, one word; of a basis, which; null where the kind says it.';
COMMENT ON COLUMN evidence.expression IS 'The SPDX expression; null if it was not understood.';
COMMENT ON COLUMN evidence.licence_class IS 'public_domain, permissive, …, unknown; null where it is not about a licence.';
COMMENT ON COLUMN evidence.conditions IS 'What the licence asks for: attribution, share_alike, non_commercial, …, one space apart.';
COMMENT ON COLUMN evidence.reservation IS 'allowed, none_found, unclear, reserved; null where it is not about one.';
COMMENT ON COLUMN evidence.machine_readable IS 'False for words that only people can read.';
COMMENT ON COLUMN evidence.observed_at IS 'When it was seen, UTC; null where nobody says.';
COMMENT ON COLUMN evidence.at_fetch IS 'True if it stood when the item was fetched; false if it is known to be newer.';
COMMENT ON COLUMN evidence.claim IS 'Keyed digest of the claim as it was written: equal for equal claims.';
