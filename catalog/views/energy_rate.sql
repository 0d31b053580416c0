-- What does a unit of work emit? One row for each run: for every 1,000 items that it decided on, and for every million
-- tokens that it released. For whoever compares runs, or must give the rate of ISO/IEC 21031 (SCI); what was emitted to make
-- the machines (its M) is not in it.
CREATE VIEW energy_rate AS
WITH total AS (
  SELECT
    run,
    sum(kwh_low) AS kwh_low,
    sum(kwh_mid) AS kwh_mid,
    sum(kwh_high) AS kwh_high,
    sum(kg_co2e_low) AS kg_co2e_low,
    sum(kg_co2e_mid) AS kg_co2e_mid,
    sum(kg_co2e_high) AS kg_co2e_high,
    arg_max(quality, list_position(['measured', 'modelled', 'assumed'], quality)) AS quality
  FROM energy
  GROUP BY run
),
decided AS (
  SELECT run, count(*) AS items FROM log.item GROUP BY run
),
released AS (
  SELECT run, max(tokens) AS tokens FROM release_tokens GROUP BY run
)
SELECT
  t.run,
  d.items,
  r.tokens,
  t.kwh_low,
  t.kwh_mid,
  t.kwh_high,
  1000000 * t.kg_co2e_low / d.items AS g_per_1000_items_low,
  1000000 * t.kg_co2e_mid / d.items AS g_per_1000_items_mid,
  1000000 * t.kg_co2e_high / d.items AS g_per_1000_items_high,
  1000000000 * t.kg_co2e_low / nullif(r.tokens, 0) AS g_per_million_tokens_low,
  1000000000 * t.kg_co2e_mid / nullif(r.tokens, 0) AS g_per_million_tokens_mid,
  1000000000 * t.kg_co2e_high / nullif(r.tokens, 0) AS g_per_million_tokens_high,
  t.quality
FROM total AS t
INNER JOIN decided AS d ON d.run = t.run
LEFT JOIN released AS r ON r.run = t.run
ORDER BY t.run;

COMMENT ON VIEW energy_rate IS 'What each run emits for every 1,000 items decided on and every million tokens released.';
COMMENT ON COLUMN energy_rate.run IS 'The run.';
COMMENT ON COLUMN energy_rate.items IS 'Items that it decided on, those included that it took over from earlier runs.';
COMMENT ON COLUMN energy_rate.tokens IS 'Tokens of the texts of its release; null where none was sealed or nobody counted.';
COMMENT ON COLUMN energy_rate.kwh_low IS 'kWh of the whole run, the lower end of what is plausible.';
COMMENT ON COLUMN energy_rate.kwh_mid IS 'kWh of the whole run, the best guess.';
COMMENT ON COLUMN energy_rate.kwh_high IS 'kWh of the whole run, the upper end of what is plausible.';
COMMENT ON COLUMN energy_rate.g_per_1000_items_low IS 'Grams of CO2e for every 1,000 items, the lower end.';
COMMENT ON COLUMN energy_rate.g_per_1000_items_mid IS 'Grams of CO2e for every 1,000 items, the best guess.';
COMMENT ON COLUMN energy_rate.g_per_1000_items_high IS 'Grams of CO2e for every 1,000 items, the upper end.';
COMMENT ON COLUMN energy_rate.g_per_million_tokens_low IS 'Grams of CO2e for every million tokens, the lower end.';
COMMENT ON COLUMN energy_rate.g_per_million_tokens_mid IS 'Grams of CO2e for every million tokens, the best guess.';
COMMENT ON COLUMN energy_rate.g_per_million_tokens_high IS 'Grams of CO2e for every million tokens, the upper end.';
COMMENT ON COLUMN energy_rate.quality IS 'measured, modelled or assumed: the weakest of all it is made of.';
