"""What steps over a whole run decide: the schema of their decisions, and how a step's rows become these."""

from __future__ import annotations

from typing import Final

import polars as pl

from tamis.records import DECISIONS, OUTCOME, Columns, Outcome

_WITH_SHARD: Columns = {"shard": pl.UInt32, **DECISIONS}
SCHEMA: Final = pl.Schema(_WITH_SHARD)
"""Decisions of a corpus-wide step: those of a shard, plus its number."""

PLACE: Final = ("shard", "position")

_NOTHING: Final = pl.lit(None)


def corpus_decisions(
    rows: pl.DataFrame,
    *,
    filter: str,  # noqa: A002 - the noun of the house
    outcome: pl.Expr | Outcome,
    reason: pl.Expr,
    rule: pl.Expr,
    measure: pl.Expr = _NOTHING,
    value: pl.Expr = _NOTHING,
    label: pl.Expr = _NOTHING,
    limit: pl.Expr = _NOTHING,
    similarity: pl.Expr = _NOTHING,
) -> pl.DataFrame:
    """A decision for each row, each of them decisive: schema SCHEMA, by shard and position.

    Args:
        rows: with shard, position, twin_hi, twin_lo, and what the expressions ask for.
        filter: by whose findings it was decided.
        outcome: of each row, or of all.
        reason: as in DECISIONS, and so are rule, measure, value, label, limit, similarity; null what is not given.
    """
    said = {
        "filter": pl.lit(filter),
        "outcome": pl.lit(outcome, dtype=OUTCOME) if isinstance(outcome, str) else outcome,
        "reason": reason,
        "rule": rule,
        "measure": measure,
        "value": value,
        "label": label,
        "limit": limit,
        "similarity": similarity,
        "decisive": pl.lit(value=True),
    }
    return rows.select(*PLACE, "twin_hi", "twin_lo", **said).sort(PLACE).select(SCHEMA.names()).cast(SCHEMA)
