-- The tables of the catalog: one row for everything that the log of segments says.
-- They are filled once and never changed; the views in `main` are what to query.
CREATE SCHEMA log;

CREATE TABLE log.run (
  run VARCHAR NOT NULL,
  started_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  status VARCHAR NOT NULL CHECK (status IN ('open', 'done', 'partly')),
  recipe_name VARCHAR NOT NULL,
  recipe_digest VARCHAR NOT NULL,
  recipe_text VARCHAR NOT NULL,
  policy_name VARCHAR NOT NULL,
  policy_version VARCHAR NOT NULL,
  policy_digest VARCHAR NOT NULL,
  policy_text VARCHAR NOT NULL,
  tamis_version VARCHAR NOT NULL,
  python VARCHAR NOT NULL,
  machine VARCHAR NOT NULL,
  libraries MAP(VARCHAR, VARCHAR) NOT NULL,
  suppressions VARCHAR,
  suppressed UBIGINT NOT NULL
);
COMMENT ON TABLE log.run IS 'One row for each run: what was asked, with what, when.';
COMMENT ON COLUMN log.run.run IS 'The id: a digest of recipe, policy, filters and the bytes of the input, so the same inputs are the same run.';
COMMENT ON COLUMN log.run.started_at IS 'When it was first started, UTC.';
COMMENT ON COLUMN log.run.finished_at IS 'When its last shard was through, UTC; null while it is open.';
COMMENT ON COLUMN log.run.status IS 'open: under way or cut off; done: every shard is committed; partly: some shards failed.';
COMMENT ON COLUMN log.run.recipe_name IS 'The name in the recipe.';
COMMENT ON COLUMN log.run.recipe_digest IS 'SHA-256 of what the recipe says, defaults included.';
COMMENT ON COLUMN log.run.recipe_text IS 'The recipe as it was written.';
COMMENT ON COLUMN log.run.policy_name IS 'The name in the policy.';
COMMENT ON COLUMN log.run.policy_version IS 'The version in the policy.';
COMMENT ON COLUMN log.run.policy_digest IS 'SHA-256 of what the policy says, defaults included.';
COMMENT ON COLUMN log.run.policy_text IS 'The policy as it was written.';
COMMENT ON COLUMN log.run.tamis_version IS 'The version of Tamis.';
COMMENT ON COLUMN log.run.python IS 'The version of Python.';
COMMENT ON COLUMN log.run.machine IS 'Operating system and processor.';
COMMENT ON COLUMN log.run.libraries IS 'Versions of the libraries that results may depend on.';
COMMENT ON COLUMN log.run.suppressions IS 'SHA-256 of the suppression list that was applied; null if it was empty.';
COMMENT ON COLUMN log.run.suppressed IS 'How many values were on that list.';

CREATE TABLE log.filter_used (
  run VARCHAR NOT NULL,
  place UINTEGER NOT NULL,
  filter VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  digest VARCHAR NOT NULL,
  reads VARCHAR NOT NULL,
  parameters JSON NOT NULL,
  models MAP(VARCHAR, VARCHAR) NOT NULL,
  libraries MAP(VARCHAR, VARCHAR) NOT NULL
);
COMMENT ON TABLE log.filter_used IS 'One row for each filter of each run.';
COMMENT ON COLUMN log.filter_used.run IS 'The run.';
COMMENT ON COLUMN log.filter_used.place IS 'Its place in the recipe, from 1; the reader is 0, what decides on records comes last.';
COMMENT ON COLUMN log.filter_used.filter IS 'The name; reader stands for what could not be read at all, record for what goes with a picture of its record.';
COMMENT ON COLUMN log.filter_used.version IS 'The version of the filter''s code.';
COMMENT ON COLUMN log.filter_used.digest IS 'SHA-256 of name, version, parameters, models and libraries: equal digests find equally.';
COMMENT ON COLUMN log.filter_used.reads IS 'content: text or picture only; item: provenance too.';
COMMENT ON COLUMN log.filter_used.parameters IS 'Its parameters, defaults included.';
COMMENT ON COLUMN log.filter_used.models IS 'SHA-256 of every model and data file its answers depend on.';
COMMENT ON COLUMN log.filter_used.libraries IS 'Versions of the libraries its answers depend on.';

CREATE TABLE log.limit_used (
  run VARCHAR NOT NULL,
  filter VARCHAR NOT NULL,
  rule VARCHAR NOT NULL,
  measure VARCHAR,
  bound DOUBLE,
  outcome VARCHAR NOT NULL,
  reason VARCHAR NOT NULL
);
COMMENT ON TABLE log.limit_used IS 'Every rule of the policy that was in force in a run, whether an item met with it or not.';
COMMENT ON COLUMN log.limit_used.run IS 'The run.';
COMMENT ON COLUMN log.limit_used.filter IS 'The filter whose findings it is about.';
COMMENT ON COLUMN log.limit_used.rule IS 'The place in the policy.';
COMMENT ON COLUMN log.limit_used.measure IS 'What is held against the limit; null where it is no number.';
COMMENT ON COLUMN log.limit_used.bound IS 'The limit; null where there is none.';
COMMENT ON COLUMN log.limit_used.outcome IS 'What becomes of an item that meets with it.';
COMMENT ON COLUMN log.limit_used.reason IS 'The code that such an item gets, of the view reason.';

CREATE TABLE log.shard (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  corpus VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL,
  n_bytes UBIGINT NOT NULL,
  status VARCHAR NOT NULL CHECK (status IN ('committed', 'failed', 'planned')),
  failure VARCHAR,
  error_type VARCHAR,
  items UBIGINT,
  reused_from VARCHAR,
  subject_key VARCHAR
);
COMMENT ON TABLE log.shard IS 'One row for each file that a run was to read, or each part of one.';
COMMENT ON COLUMN log.shard.run IS 'The run.';
COMMENT ON COLUMN log.shard.shard IS 'Its number in the run, from 0.';
COMMENT ON COLUMN log.shard.corpus IS 'The corpus of the recipe.';
COMMENT ON COLUMN log.shard.name IS 'Its place in the corpus.';
COMMENT ON COLUMN log.shard.sha256 IS 'SHA-256 of the bytes its items are made from.';
COMMENT ON COLUMN log.shard.n_bytes IS 'Its size.';
COMMENT ON COLUMN log.shard.status IS 'committed: every position has a verdict; failed: see failure; planned: not reached.';
COMMENT ON COLUMN log.shard.failure IS 'Why it failed, a code of the view reason; null unless it failed.';
COMMENT ON COLUMN log.shard.error_type IS 'The class of the error; messages are not kept, for they may quote content.';
COMMENT ON COLUMN log.shard.items IS 'How many positions it has; null unless committed.';
COMMENT ON COLUMN log.shard.reused_from IS 'The run whose segment was taken over, since nothing it depends on had changed.';
COMMENT ON COLUMN log.shard.subject_key IS 'Id of the key under which the values of its spans are named; null where it has none.';

CREATE TABLE log.shard_filter (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  filter VARCHAR NOT NULL,
  ran UBIGINT NOT NULL,
  keep UBIGINT NOT NULL,
  redact UBIGINT NOT NULL,
  hold UBIGINT NOT NULL,
  "drop" UBIGINT NOT NULL
);
COMMENT ON TABLE log.shard_filter IS 'What the commit of a shard counted for each filter; audits hold it against the rows.';
COMMENT ON COLUMN log.shard_filter.run IS 'The run.';
COMMENT ON COLUMN log.shard_filter.shard IS 'The shard''s number.';
COMMENT ON COLUMN log.shard_filter.filter IS 'The filter.';
COMMENT ON COLUMN log.shard_filter.ran IS 'Items it was run on.';
COMMENT ON COLUMN log.shard_filter.keep IS 'Of these, kept.';
COMMENT ON COLUMN log.shard_filter.redact IS 'Of these, masked.';
COMMENT ON COLUMN log.shard_filter.hold IS 'Of these, held.';
COMMENT ON COLUMN log.shard_filter."drop" IS 'Of these, dropped.';

CREATE TABLE log.item (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  position UBIGINT NOT NULL,
  item_hi UBIGINT NOT NULL,
  item_lo UBIGINT NOT NULL,
  record UBIGINT,
  content_hi UBIGINT NOT NULL,
  content_lo UBIGINT NOT NULL,
  kind VARCHAR NOT NULL,
  reason VARCHAR,
  n_bytes UBIGINT NOT NULL,
  id VARCHAR,
  path VARCHAR,
  source VARCHAR,
  version VARCHAR,
  url VARCHAR,
  title VARCHAR,
  label VARCHAR,
  shard_verdict VARCHAR NOT NULL
);
COMMENT ON TABLE log.item IS 'One row for each position of each committed shard: every text and picture that went in.';
COMMENT ON COLUMN log.item.run IS 'The run.';
COMMENT ON COLUMN log.item.shard IS 'The shard''s number.';
COMMENT ON COLUMN log.item.position IS 'Its place in the shard, from 0.';
COMMENT ON COLUMN log.item.item_hi IS 'Upper 64 bits of the item''s id.';
COMMENT ON COLUMN log.item.item_lo IS 'Lower 64 bits of the item''s id.';
COMMENT ON COLUMN log.item.record IS 'Position of the first item of its record; null where it stands alone.';
COMMENT ON COLUMN log.item.content_hi IS 'Upper 64 bits of the keyed digest of its content.';
COMMENT ON COLUMN log.item.content_lo IS 'Lower 64 bits of the keyed digest of its content.';
COMMENT ON COLUMN log.item.kind IS 'text or image.';
COMMENT ON COLUMN log.item.reason IS 'Why it could not be read; null if it was.';
COMMENT ON COLUMN log.item.n_bytes IS 'Its size.';
COMMENT ON COLUMN log.item.id IS 'The corpus''s own id, as a safe label.';
COMMENT ON COLUMN log.item.path IS 'Where in the corpus it lies.';
COMMENT ON COLUMN log.item.source IS 'Who published it.';
COMMENT ON COLUMN log.item.version IS 'The version of what it was published in.';
COMMENT ON COLUMN log.item.url IS 'Where it was published.';
COMMENT ON COLUMN log.item.title IS 'Its title.';
COMMENT ON COLUMN log.item.label IS 'The class that the corpus says it is of.';
COMMENT ON COLUMN log.item.shard_verdict IS 'The strictest outcome before corpus-wide steps; the view verdict has the last word.';

CREATE TABLE log.span (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  position UBIGINT NOT NULL,
  filter VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  start_offset UBIGINT NOT NULL,
  end_offset UBIGINT NOT NULL,
  score FLOAT NOT NULL,
  recognizer VARCHAR NOT NULL,
  value_hi UBIGINT,
  value_lo UBIGINT
);
COMMENT ON TABLE log.span IS 'Where in a text a filter found something: never what.';
COMMENT ON COLUMN log.span.run IS 'The run.';
COMMENT ON COLUMN log.span.shard IS 'The shard''s number.';
COMMENT ON COLUMN log.span.position IS 'The item''s place in the shard.';
COMMENT ON COLUMN log.span.filter IS 'The filter.';
COMMENT ON COLUMN log.span.kind IS 'What kind of thing: EMAIL_ADDRESS, IBAN_CODE, …';
COMMENT ON COLUMN log.span.start_offset IS 'First code point, from 0.';
COMMENT ON COLUMN log.span.end_offset IS 'One past the last code point.';
COMMENT ON COLUMN log.span.score IS 'The recognizer''s confidence, 0 to 1.';
COMMENT ON COLUMN log.span.recognizer IS 'Which recognizer said so.';
COMMENT ON COLUMN log.span.value_hi IS 'Upper 64 bits of the digest of what was found, normalised, under the shard''s subject_key; null where there is none.';
COMMENT ON COLUMN log.span.value_lo IS 'Lower 64 bits of the digest of what was found, normalised, under the shard''s subject_key; null where there is none.';

CREATE TABLE log.evidence (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  position UBIGINT NOT NULL,
  filter VARCHAR NOT NULL,
  about VARCHAR NOT NULL CHECK (about IN ('licence', 'reservation', 'basis')),
  kind VARCHAR NOT NULL,
  level UTINYINT NOT NULL,
  scope VARCHAR NOT NULL,
  location VARCHAR,
  expression VARCHAR,
  licence_class VARCHAR,
  conditions VARCHAR NOT NULL,
  reservation VARCHAR,
  machine_readable BOOLEAN NOT NULL,
  observed_at TIMESTAMP,
  at_fetch BOOLEAN NOT NULL,
  raw_hi UBIGINT NOT NULL,
  raw_lo UBIGINT NOT NULL
);
COMMENT ON TABLE log.evidence IS 'What is known of the rights in an item, piece by piece.';
COMMENT ON COLUMN log.evidence.run IS 'The run.';
COMMENT ON COLUMN log.evidence.shard IS 'The shard''s number.';
COMMENT ON COLUMN log.evidence.position IS 'The item''s place in the shard.';
COMMENT ON COLUMN log.evidence.filter IS 'The filter.';
COMMENT ON COLUMN log.evidence.about IS 'licence; reservation, against training and mining; basis, by law.';
COMMENT ON COLUMN log.evidence.kind IS 'Who says it, and how: license-expression, classifier, full-text, robots, tdmrep, …';
COMMENT ON COLUMN log.evidence.level IS 'How much it weighs, 0 (a mention) to 6 (a contract on file).';
COMMENT ON COLUMN log.evidence.scope IS 'Of what it speaks: part, item, page, file, directory, repository, dataset, host.';
COMMENT ON COLUMN log.evidence.location IS 'Where it stood, one word; of a basis, which; null where the kind says it.';
COMMENT ON COLUMN log.evidence.expression IS 'The SPDX expression it was understood as; null if it was not.';
COMMENT ON COLUMN log.evidence.licence_class IS 'public_domain, permissive, …, unknown; null where it is not about a licence.';
COMMENT ON COLUMN log.evidence.conditions IS 'What the licence asks for: attribution, share_alike, non_commercial, …, one space apart.';
COMMENT ON COLUMN log.evidence.reservation IS 'allowed, none_found, unclear, reserved; null where it is not about one.';
COMMENT ON COLUMN log.evidence.machine_readable IS 'False for words that only people can read.';
COMMENT ON COLUMN log.evidence.observed_at IS 'When it was seen, UTC; null where nobody says.';
COMMENT ON COLUMN log.evidence.at_fetch IS 'True if it stood when the item was fetched; false if it is known to be newer.';
COMMENT ON COLUMN log.evidence.raw_hi IS 'Upper 64 bits of the keyed digest of the claim as written.';
COMMENT ON COLUMN log.evidence.raw_lo IS 'Lower 64 bits of the keyed digest of the claim as written.';

CREATE TABLE log.decision (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  position UBIGINT NOT NULL,
  filter VARCHAR NOT NULL,
  outcome VARCHAR NOT NULL CHECK (outcome IN ('redact', 'hold', 'drop')),
  reason VARCHAR NOT NULL,
  rule VARCHAR NOT NULL,
  measure VARCHAR,
  value DOUBLE,
  label VARCHAR,
  bound DOUBLE,
  twin_hi UBIGINT,
  twin_lo UBIGINT,
  similarity FLOAT,
  decisive BOOLEAN NOT NULL
);
COMMENT ON TABLE log.decision IS 'Every rule of a policy that an item met with; what is kept has no row, the view decision adds it.';
COMMENT ON COLUMN log.decision.run IS 'The run.';
COMMENT ON COLUMN log.decision.shard IS 'The shard''s number.';
COMMENT ON COLUMN log.decision.position IS 'The item''s place in the shard.';
COMMENT ON COLUMN log.decision.filter IS 'The filter whose finding was decided on.';
COMMENT ON COLUMN log.decision.outcome IS 'redact, hold or drop.';
COMMENT ON COLUMN log.decision.reason IS 'A code of the view reason.';
COMMENT ON COLUMN log.decision.rule IS 'The place in the policy.';
COMMENT ON COLUMN log.decision.measure IS 'What was measured.';
COMMENT ON COLUMN log.decision.value IS 'The number measured.';
COMMENT ON COLUMN log.decision.label IS 'The word measured: a kind of personal data, a class of licence.';
COMMENT ON COLUMN log.decision.bound IS 'The limit it was held against.';
COMMENT ON COLUMN log.decision.twin_hi IS 'Upper 64 bits of the id of the item it is a copy of: the one that stays in its place, or whose licence is stricter; of record, the picture that it goes with.';
COMMENT ON COLUMN log.decision.twin_lo IS 'Lower 64 bits of the id of the item it is a copy of: the one that stays in its place, or whose licence is stricter; of record, the picture that it goes with.';
COMMENT ON COLUMN log.decision.similarity IS 'How alike the two are, 0 to 1.';
COMMENT ON COLUMN log.decision.decisive IS 'True on one row for each item and filter: the strictest.';

CREATE TABLE log.release (
  release VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  run VARCHAR NOT NULL,
  digest VARCHAR,
  content_digest VARCHAR NOT NULL,
  texts UBIGINT NOT NULL,
  images UBIGINT NOT NULL,
  masked UBIGINT NOT NULL,
  characters UBIGINT NOT NULL,
  image_bytes UBIGINT NOT NULL,
  part_of VARCHAR
);
COMMENT ON TABLE log.release IS 'One row for each sealed release.';
COMMENT ON COLUMN log.release.release IS 'name@version.';
COMMENT ON COLUMN log.release.name IS 'Its name.';
COMMENT ON COLUMN log.release.version IS 'Its version, which never changes.';
COMMENT ON COLUMN log.release.run IS 'The run it was made by.';
COMMENT ON COLUMN log.release.digest IS 'SHA-256 of its manifest, and so of every byte; null while it is audited.';
COMMENT ON COLUMN log.release.content_digest IS 'SHA-256 over its rows: two versions with the same rows have the same.';
COMMENT ON COLUMN log.release.texts IS 'How many texts it has.';
COMMENT ON COLUMN log.release.images IS 'How many pictures it has.';
COMMENT ON COLUMN log.release.masked IS 'How many of its texts were masked somewhere.';
COMMENT ON COLUMN log.release.characters IS 'Characters of all texts.';
COMMENT ON COLUMN log.release.image_bytes IS 'Bytes of all pictures.';
COMMENT ON COLUMN log.release.part_of IS 'The release that it is a part of, as name@version; null for one that stands for itself.';

CREATE TABLE log.release_origin (
  release VARCHAR NOT NULL,
  steps UINTEGER NOT NULL,
  corpus VARCHAR,
  origin VARCHAR NOT NULL,
  digest VARCHAR NOT NULL
);
COMMENT ON TABLE log.release_origin IS 'One row for each sealed release that another one was made of, and for each that this one was, back to the first.';
COMMENT ON COLUMN log.release_origin.release IS 'name@version.';
COMMENT ON COLUMN log.release_origin.steps IS 'How many steps back: 1 for what it was made of itself.';
COMMENT ON COLUMN log.release_origin.corpus IS 'The corpus that was read from the origin; null where it was a part of it.';
COMMENT ON COLUMN log.release_origin.origin IS 'name@version of the origin.';
COMMENT ON COLUMN log.release_origin.digest IS 'SHA-256 of the manifest of the origin.';

CREATE TABLE log.release_file (
  release VARCHAR NOT NULL,
  path VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL,
  n_bytes UBIGINT NOT NULL,
  n_rows UBIGINT
);
COMMENT ON TABLE log.release_file IS 'The files of each release.';
COMMENT ON COLUMN log.release_file.release IS 'name@version.';
COMMENT ON COLUMN log.release_file.path IS 'Inside the release.';
COMMENT ON COLUMN log.release_file.sha256 IS 'Of its bytes.';
COMMENT ON COLUMN log.release_file.n_bytes IS 'Its size.';
COMMENT ON COLUMN log.release_file.n_rows IS 'Items in it; null for files that hold none.';

CREATE TABLE log.release_item (
  release VARCHAR NOT NULL,
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  position UBIGINT NOT NULL,
  item_hi UBIGINT NOT NULL,
  item_lo UBIGINT NOT NULL,
  kind VARCHAR NOT NULL,
  file VARCHAR NOT NULL,
  file_row UBIGINT NOT NULL,
  reencoded VARCHAR,
  split VARCHAR,
  cluster_hi UBIGINT,
  cluster_lo UBIGINT
);
COMMENT ON TABLE log.release_item IS 'Which item lies where in which release.';
COMMENT ON COLUMN log.release_item.release IS 'name@version.';
COMMENT ON COLUMN log.release_item.run IS 'The run it was made by.';
COMMENT ON COLUMN log.release_item.shard IS 'The shard''s number in that run.';
COMMENT ON COLUMN log.release_item.position IS 'The item''s place in the shard.';
COMMENT ON COLUMN log.release_item.item_hi IS 'Upper 64 bits of the item''s id.';
COMMENT ON COLUMN log.release_item.item_lo IS 'Lower 64 bits of the item''s id.';
COMMENT ON COLUMN log.release_item.kind IS 'text or image.';
COMMENT ON COLUMN log.release_item.file IS 'The file inside the release.';
COMMENT ON COLUMN log.release_item.file_row IS 'The row in that file, from 0.';
COMMENT ON COLUMN log.release_item.reencoded IS 'The format in which the policy had a picture encoded anew; null where the bytes that came are in the release, and for texts.';
COMMENT ON COLUMN log.release_item.split IS 'The split that it lies in; null where the release has none.';
COMMENT ON COLUMN log.release_item.cluster_hi IS 'Upper 64 bits of the id of its cluster''s first item, by id; null where there are no splits.';
COMMENT ON COLUMN log.release_item.cluster_lo IS 'Lower 64 bits of the id of its cluster''s first item, by id; null where there are no splits.';

CREATE TABLE log.release_split (
  release VARCHAR NOT NULL,
  split VARCHAR NOT NULL,
  share DOUBLE NOT NULL,
  seed UBIGINT NOT NULL,
  compared VARCHAR[] NOT NULL,
  texts UBIGINT NOT NULL,
  images UBIGINT NOT NULL,
  text_bytes UBIGINT NOT NULL,
  image_bytes UBIGINT NOT NULL,
  tokens UBIGINT
);
COMMENT ON TABLE log.release_split IS 'One row for each split of each release that has splits.';
COMMENT ON COLUMN log.release_split.release IS 'name@version.';
COMMENT ON COLUMN log.release_split.split IS 'Its name.';
COMMENT ON COLUMN log.release_split.share IS 'The share of clusters that the recipe asks for.';
COMMENT ON COLUMN log.release_split.seed IS 'By which clusters are drawn.';
COMMENT ON COLUMN log.release_split.compared IS 'text, image: among which near-duplicates were looked for.';
COMMENT ON COLUMN log.release_split.texts IS 'Texts in it.';
COMMENT ON COLUMN log.release_split.images IS 'Pictures in it.';
COMMENT ON COLUMN log.release_split.text_bytes IS 'Of these texts, in UTF-8.';
COMMENT ON COLUMN log.release_split.image_bytes IS 'Of these pictures.';
COMMENT ON COLUMN log.release_split.tokens IS 'Of these texts, before anything was masked in them; null where nobody counted them.';

CREATE TABLE log.release_audit (
  release VARCHAR NOT NULL,
  audit VARCHAR NOT NULL,
  offending UBIGINT NOT NULL
);
COMMENT ON TABLE log.release_audit IS 'What the audits answered before a release was sealed.';
COMMENT ON COLUMN log.release_audit.release IS 'name@version.';
COMMENT ON COLUMN log.release_audit.audit IS 'The check, a file of audits/checks.';
COMMENT ON COLUMN log.release_audit.offending IS 'How many rows it returned; of a blocking one, 0.';

CREATE TABLE log.obligation (
  release VARCHAR NOT NULL,
  licence VARCHAR NOT NULL,
  items UBIGINT NOT NULL,
  authorless UBIGINT NOT NULL,
  text VARCHAR NOT NULL CHECK (text IN ('found', 'given', 'missing')),
  conditions VARCHAR NOT NULL
);
COMMENT ON TABLE log.obligation IS 'What each licence in a release asks of whoever passes it on.';
COMMENT ON COLUMN log.obligation.release IS 'name@version.';
COMMENT ON COLUMN log.obligation.licence IS 'SPDX id of a licence, or of an exception to one.';
COMMENT ON COLUMN log.obligation.items IS 'Items whose expression names it.';
COMMENT ON COLUMN log.obligation.authorless IS 'Of these, items of which nobody says who made them.';
COMMENT ON COLUMN log.obligation.text IS 'Its text is in the release: found with the items, given with the recipe, or missing.';
COMMENT ON COLUMN log.obligation.conditions IS 'What it asks for: attribution, share_alike, non_commercial, …, one space apart.';

CREATE TABLE log.near_duplicate_search (
  run VARCHAR NOT NULL,
  radius UINTEGER NOT NULL,
  second_hash BOOLEAN NOT NULL,
  pictures UBIGINT NOT NULL,
  plain UBIGINT NOT NULL,
  earlier UBIGINT NOT NULL,
  expected_chance_pairs DOUBLE NOT NULL,
  candidates UBIGINT NOT NULL,
  confirmed UBIGINT NOT NULL,
  groups UBIGINT NOT NULL
);
COMMENT ON TABLE log.near_duplicate_search IS 'How near-duplicates were searched for in a run, and how many were found.';
COMMENT ON COLUMN log.near_duplicate_search.run IS 'The run.';
COMMENT ON COLUMN log.near_duplicate_search.radius IS 'In how many bits of 64 the pHash of two pictures may differ.';
COMMENT ON COLUMN log.near_duplicate_search.second_hash IS 'Whether a second hash had to agree: dHash or PDQ.';
COMMENT ON COLUMN log.near_duplicate_search.pictures IS 'Pictures that were compared with each other.';
COMMENT ON COLUMN log.near_duplicate_search.plain IS 'Pictures that would stay and were compared with none, since there is too little in them.';
COMMENT ON COLUMN log.near_duplicate_search.earlier IS 'Pictures of earlier releases that they were compared with too.';
COMMENT ON COLUMN log.near_duplicate_search.expected_chance_pairs IS 'How many pairs are within the radius by chance alone if hashes are independent, before a second hash is asked.';
COMMENT ON COLUMN log.near_duplicate_search.candidates IS 'Pictures within the radius of one that is put before them.';
COMMENT ON COLUMN log.near_duplicate_search.confirmed IS 'Of these, the near-duplicates.';
COMMENT ON COLUMN log.near_duplicate_search.groups IS 'How many pictures have near-duplicates, those of earlier releases included.';

CREATE TABLE log.near_text_search (
  run VARCHAR NOT NULL,
  min_similarity DOUBLE NOT NULL,
  shingle UINTEGER NOT NULL,
  minima UINTEGER NOT NULL,
  bands UINTEGER NOT NULL,
  rows_in_band UINTEGER NOT NULL,
  found_at_limit DOUBLE NOT NULL,
  texts UBIGINT NOT NULL,
  wordless UBIGINT NOT NULL,
  earlier UBIGINT NOT NULL,
  candidates UBIGINT NOT NULL,
  confirmed UBIGINT NOT NULL,
  groups UBIGINT NOT NULL,
  largest UBIGINT NOT NULL,
  crowded UBIGINT NOT NULL
);
COMMENT ON TABLE log.near_text_search IS 'How texts that are nearly the same were searched for in a run, and how many were found.';
COMMENT ON COLUMN log.near_text_search.run IS 'The run.';
COMMENT ON COLUMN log.near_text_search.min_similarity IS 'Which share of runs of words two texts must have in common.';
COMMENT ON COLUMN log.near_text_search.shingle IS 'Words in each run that is compared; 0 where texts are compared by all their words.';
COMMENT ON COLUMN log.near_text_search.minima IS 'How many minima of a text are compared: the more, the better the estimate; 0 where nothing is estimated.';
COMMENT ON COLUMN log.near_text_search.bands IS 'Into how many bands they are cut, or 0; texts that share one are compared.';
COMMENT ON COLUMN log.near_text_search.rows_in_band IS 'Minima in each band.';
COMMENT ON COLUMN log.near_text_search.found_at_limit IS 'The chance that two texts exactly as similar as min_similarity are compared; it is higher for more similar ones.';
COMMENT ON COLUMN log.near_text_search.texts IS 'Texts that were compared with each other.';
COMMENT ON COLUMN log.near_text_search.wordless IS 'Texts that would stay and were compared with none, since they have no words.';
COMMENT ON COLUMN log.near_text_search.earlier IS 'Texts of earlier releases that they were compared with too.';
COMMENT ON COLUMN log.near_text_search.candidates IS 'Texts that share a band with one that is put before them.';
COMMENT ON COLUMN log.near_text_search.confirmed IS 'Of these, the near-duplicates.';
COMMENT ON COLUMN log.near_text_search.groups IS 'How many texts have near-duplicates, those of earlier releases included.';
COMMENT ON COLUMN log.near_text_search.largest IS 'How many near-duplicates the text has that has most.';
COMMENT ON COLUMN log.near_text_search.crowded IS 'Texts that were not compared with all that share a band with them, since these are too many.';

CREATE TABLE log.near_meaning_search (
  run VARCHAR NOT NULL,
  min_similarity DOUBLE NOT NULL,
  dimensions UINTEGER NOT NULL,
  texts UBIGINT NOT NULL,
  without_vector UBIGINT NOT NULL,
  barely_seen UBIGINT NOT NULL,
  earlier UBIGINT NOT NULL,
  confirmed UBIGINT NOT NULL,
  groups UBIGINT NOT NULL,
  largest UBIGINT NOT NULL
);
COMMENT ON TABLE log.near_meaning_search IS 'How texts that say nearly the same were searched for in a run, and how many were found.';
COMMENT ON COLUMN log.near_meaning_search.run IS 'The run.';
COMMENT ON COLUMN log.near_meaning_search.min_similarity IS 'The cosine from which on the vectors of two texts are nearly the same.';
COMMENT ON COLUMN log.near_meaning_search.dimensions IS 'Numbers in a vector.';
COMMENT ON COLUMN log.near_meaning_search.texts IS 'Texts that were compared with each other.';
COMMENT ON COLUMN log.near_meaning_search.without_vector IS 'Texts that would stay and were compared with none, since they have no vector.';
COMMENT ON COLUMN log.near_meaning_search.barely_seen IS 'Texts that would stay and were compared with none, since the model saw too little of them.';
COMMENT ON COLUMN log.near_meaning_search.earlier IS 'Texts of earlier releases that they were compared with too.';
COMMENT ON COLUMN log.near_meaning_search.confirmed IS 'How many of them are near-duplicates of one that is put before them.';
COMMENT ON COLUMN log.near_meaning_search.groups IS 'How many texts have near-duplicates, those of earlier releases included.';
COMMENT ON COLUMN log.near_meaning_search.largest IS 'How many near-duplicates the text has that has most.';

CREATE TABLE log.repeated_line_search (
  run VARCHAR NOT NULL,
  documents UBIGINT NOT NULL,
  least_words UINTEGER NOT NULL,
  texts UBIGINT NOT NULL,
  pieces UBIGINT NOT NULL,
  repeated UBIGINT NOT NULL,
  touched UBIGINT NOT NULL,
  decided UBIGINT NOT NULL,
  unknown UBIGINT NOT NULL,
  earlier UBIGINT NOT NULL
);
COMMENT ON TABLE log.repeated_line_search IS 'How lines and paragraphs that stand in many texts were looked for in a run, and how many were found.';
COMMENT ON COLUMN log.repeated_line_search.run IS 'The run.';
COMMENT ON COLUMN log.repeated_line_search.documents IS 'A line or paragraph that stands in more texts than this is repeated.';
COMMENT ON COLUMN log.repeated_line_search.least_words IS 'Lines and paragraphs of fewer words were not compared.';
COMMENT ON COLUMN log.repeated_line_search.texts IS 'Texts that were compared with each other.';
COMMENT ON COLUMN log.repeated_line_search.pieces IS 'Lines and paragraphs of these, of each text those that differ.';
COMMENT ON COLUMN log.repeated_line_search.repeated IS 'How many different ones are repeated.';
COMMENT ON COLUMN log.repeated_line_search.touched IS 'Texts that have any of these.';
COMMENT ON COLUMN log.repeated_line_search.decided IS 'Texts that have more of them than the policy lets pass.';
COMMENT ON COLUMN log.repeated_line_search.unknown IS 'Texts that were held since their digests are not all on record.';
COMMENT ON COLUMN log.repeated_line_search.earlier IS 'Texts of earlier releases that counted as well.';

CREATE TABLE log.reason (
  code VARCHAR NOT NULL,
  about VARCHAR NOT NULL CHECK (about IN ('item', 'shard')),
  sentence VARCHAR NOT NULL
);
COMMENT ON TABLE log.reason IS 'The closed list of reasons.';
COMMENT ON COLUMN log.reason.code IS 'The code that decisions and failures carry.';
COMMENT ON COLUMN log.reason.about IS 'item or shard.';
COMMENT ON COLUMN log.reason.sentence IS 'What it means.';

CREATE TABLE log.subset (
  run VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  method VARCHAR NOT NULL,
  seed UBIGINT NOT NULL,
  temperature DOUBLE NOT NULL,
  target VARCHAR NOT NULL,
  unit VARCHAR NOT NULL,
  asked UBIGINT NOT NULL,
  pool_items UBIGINT NOT NULL,
  pool_size UBIGINT NOT NULL,
  chosen_items UBIGINT NOT NULL,
  chosen_size UBIGINT NOT NULL,
  examples_again UBIGINT NOT NULL,
  unscored UBIGINT NOT NULL,
  unlabelled UBIGINT NOT NULL,
  bounded UBIGINT NOT NULL,
  outcome VARCHAR NOT NULL,
  queried UBIGINT NOT NULL
);
COMMENT ON TABLE log.subset IS 'One row for each run that chooses a part of what stays.';
COMMENT ON COLUMN log.subset.run IS 'The run.';
COMMENT ON COLUMN log.subset.kind IS 'text or image: what is chosen from.';
COMMENT ON COLUMN log.subset.method IS 'By what items are put in order: linear, importance, embedding, random, or the measure of a filter and which come first.';
COMMENT ON COLUMN log.subset.seed IS 'Of all that is left to chance.';
COMMENT ON COLUMN log.subset.temperature IS 'How much chance has a say beside the score.';
COMMENT ON COLUMN log.subset.target IS 'SHA-256 over the digests of the examples; empty where there are none.';
COMMENT ON COLUMN log.subset.unit IS 'tokens, bytes or items: that of the budget.';
COMMENT ON COLUMN log.subset.asked IS 'The budget.';
COMMENT ON COLUMN log.subset.pool_items IS 'Items that were there to be chosen from.';
COMMENT ON COLUMN log.subset.pool_size IS 'Their size.';
COMMENT ON COLUMN log.subset.chosen_items IS 'Items that are chosen.';
COMMENT ON COLUMN log.subset.chosen_size IS 'Their size.';
COMMENT ON COLUMN log.subset.examples_again IS 'Items that are one of the examples again, or nearly, and so were taken out before.';
COMMENT ON COLUMN log.subset.unscored IS 'Items without words, vector or measure, which are held.';
COMMENT ON COLUMN log.subset.unlabelled IS 'Items without a label, where the target has labels, which are held.';
COMMENT ON COLUMN log.subset.bounded IS 'Items for which the caps leave no room, however large the budget.';
COMMENT ON COLUMN log.subset.outcome IS 'What the curve of sizes came to, where the budget is auto; empty where it was given.';
COMMENT ON COLUMN log.subset.queried IS 'Items of the catalog whose texts are examples, for a query gave them.';

CREATE TABLE log.choice (
  run VARCHAR NOT NULL,
  shard UINTEGER NOT NULL,
  position UBIGINT NOT NULL,
  score DOUBLE,
  rank UBIGINT,
  size UBIGINT NOT NULL,
  chosen BOOLEAN NOT NULL,
  cluster VARCHAR
);
COMMENT ON TABLE log.choice IS 'One row for each item that was there to be chosen.';
COMMENT ON COLUMN log.choice.run IS 'The run.';
COMMENT ON COLUMN log.choice.shard IS 'The shard''s number.';
COMMENT ON COLUMN log.choice.position IS 'The item''s place in the shard.';
COMMENT ON COLUMN log.choice.score IS 'How much it is like the target; null where nothing is scored, or it has no words or no vector.';
COMMENT ON COLUMN log.choice.rank IS 'Its place in the order, from 1; null where it cannot be chosen.';
COMMENT ON COLUMN log.choice.size IS 'In the unit of the budget.';
COMMENT ON COLUMN log.choice.chosen IS 'Whether it is chosen.';
COMMENT ON COLUMN log.choice.cluster IS 'The cluster of a picture; null where nothing goes by clusters, or it could not be put into one.';

CREATE TABLE log.size_curve (
  run VARCHAR NOT NULL,
  share DOUBLE NOT NULL,
  items UBIGINT NOT NULL,
  bytes UBIGINT NOT NULL,
  learned UBIGINT NOT NULL,
  per VARCHAR NOT NULL CHECK (per IN ('byte', 'label')),
  bits DOUBLE NOT NULL,
  low DOUBLE NOT NULL,
  high DOUBLE NOT NULL,
  worse_off DOUBLE NOT NULL,
  accuracy DOUBLE,
  random DOUBLE,
  general DOUBLE
);
COMMENT ON TABLE log.size_curve IS 'One row for each size that was measured, in the runs whose budget is auto.';
COMMENT ON COLUMN log.size_curve.run IS 'The run.';
COMMENT ON COLUMN log.size_curve.share IS 'The size, as a share of the bytes that could be chosen.';
COMMENT ON COLUMN log.size_curve.items IS 'How many items that is.';
COMMENT ON COLUMN log.size_curve.bytes IS 'And how many bytes.';
COMMENT ON COLUMN log.size_curve.learned IS 'Bytes that the learner saw: no more than the training will.';
COMMENT ON COLUMN log.size_curve.per IS 'byte or label: what bits are counted for each of.';
COMMENT ON COLUMN log.size_curve.bits IS 'That the held-out texts of the target, or their labels, take after this size was learned: fewer are better.';
COMMENT ON COLUMN log.size_curve.low IS 'Lower bound of its 95 % interval.';
COMMENT ON COLUMN log.size_curve.high IS 'Upper bound of its 95 % interval.';
COMMENT ON COLUMN log.size_curve.worse_off IS 'The share of held-out texts that take noticeably more bits than after the whole.';
COMMENT ON COLUMN log.size_curve.accuracy IS 'The share of held-out texts whose label is told right; null where none is asked for.';
COMMENT ON COLUMN log.size_curve.random IS 'Bits after as much by chance; null where that was not measured.';
COMMENT ON COLUMN log.size_curve.general IS 'Bits for each byte of general texts that the model knew before; null where it is not trained on.';
