"""Which of the places that were found a policy speaks of, and which of those it masks."""

from __future__ import annotations

import polars as pl

from releases.policy import PersonalData


def in_force(section: PersonalData, spans: pl.DataFrame) -> pl.DataFrame:
    """Those of `spans` (schema SPANS) whose score reaches the least that the policy wants of their kind, in order.

    A place without a score is in force: what is not known of it does not let it off.
    """
    least = section.min_scores
    if not least:
        return spans
    # as single floats, as scores are on record: a score of 0.7 lies below the double 0.7
    wanted = pl.col("kind").replace_strict(least, default=None, return_dtype=pl.Float32)
    return spans.filter((pl.col("score") < wanted).fill_null(value=False).not_())


def maskable(section: PersonalData, spans: pl.DataFrame) -> pl.DataFrame:
    """The places in force whose kind is masked, be it plainly or by a pseudonym."""
    kinds = [kind for kind in spans["kind"].unique() if section.outcome_of(kind) == "redact"]
    return in_force(section, spans).filter(pl.col("kind").is_in(kinds))
