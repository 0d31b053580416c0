"""How personal data is found: the table of kinds, their recognizers, gates, disguises, models and spans."""
