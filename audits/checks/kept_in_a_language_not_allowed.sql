-- Does nothing stay in a language that the policy does not allow, or that is not known well enough?
-- A row: a text that stays although its language is not allowed, scores too little, or is not the only one.
SELECT DISTINCT
  rel.release,
  i.run,
  i.item,
  f.label AS language,
  s.value AS score,
  p.value AS share
FROM item AS i
INNER JOIN finding AS f ON f.run = i.run AND f.item = i.item AND f.filter = 'language' AND f.measure = 'language'
INNER JOIN finding AS s ON s.run = i.run AND s.item = i.item AND s.filter = 'language' AND s.measure = 'score'
INNER JOIN finding AS p ON p.run = i.run AND p.item = i.item AND p.filter = 'language' AND p.measure = 'share'
INNER JOIN log.limit_used AS sure ON sure.run = i.run AND sure.rule = 'language.min_score'
INNER JOIN log.limit_used AS alone ON alone.run = i.run AND alone.rule = 'language.min_share'
LEFT JOIN log.limit_used AS allowed ON allowed.run = i.run AND allowed.rule = 'language.allow.' || f.label
LEFT JOIN log.release AS rel ON rel.run = i.run
WHERE
  i.kind = 'text'
  AND i.verdict IN ('keep', 'redact')
  AND (
    allowed.rule IS NULL
    OR coalesce(s.value < sure.bound, true)
    OR coalesce(p.value < alone.bound, true)
  )
