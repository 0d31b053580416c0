-- In which languages is what went in, and how much of it stays? One row for each release, run, corpus and language.
-- For whoever answers for the languages of a release. Texts that the filter did not see have no language (null).
CREATE VIEW language_mix AS
SELECT
  rel.release,
  i.run,
  i.corpus,
  l.label AS language,
  count(*) AS items,
  sum(c.value)::BIGINT AS characters,
  count(*) FILTER (i.verdict IN ('keep', 'redact')) AS items_staying,
  coalesce(sum(c.value) FILTER (i.verdict IN ('keep', 'redact')), 0)::BIGINT AS characters_staying
FROM item AS i
INNER JOIN finding AS l ON l.run = i.run AND l.item = i.item AND l.filter = 'language' AND l.measure = 'language'
INNER JOIN finding AS c ON c.run = i.run AND c.item = i.item AND c.filter = 'language' AND c.measure = 'characters'
LEFT JOIN log.release AS rel ON rel.run = i.run
WHERE i.kind = 'text'
GROUP BY ALL
ORDER BY rel.release, i.run, i.corpus, items DESC, language;

COMMENT ON VIEW language_mix IS 'Texts and characters by corpus and language, and how many stay.';
COMMENT ON COLUMN language_mix.release IS 'The release that the run made, as NAME@VERSION; null if it made none.';
COMMENT ON COLUMN language_mix.run IS 'The run.';
COMMENT ON COLUMN language_mix.corpus IS 'The corpus of the recipe.';
COMMENT ON COLUMN language_mix.language IS 'ISO 639 code; und: too short to tell; zxx: no language; null: not looked at.';
COMMENT ON COLUMN language_mix.items IS 'How many texts.';
COMMENT ON COLUMN language_mix.characters IS 'Their code points; null where none was looked at.';
COMMENT ON COLUMN language_mix.items_staying IS 'Of the texts, those that are kept or masked.';
COMMENT ON COLUMN language_mix.characters_staying IS 'Their code points, before anything was masked.';
