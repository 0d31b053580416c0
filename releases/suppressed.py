"""Which items hold a suppressed value: pairs of item and kind, which is how fine a policy decides."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tamis.records import Columns

_SUPPRESSED: Columns = {"position": pl.UInt64, "kind": pl.String, "hits": pl.Float64}
SUPPRESSED = pl.Schema(_SUPPRESSED)
"""One row for each item and kind with a suppressed value; `hits` counts its places."""

REASON = "subject_suppressed"


def suppressed_in(spans: pl.DataFrame, is_listed: Callable[[int, int], bool]) -> pl.DataFrame:
    """What of `spans` (schema SPANS) is suppressed: schema SUPPRESSED, by position and kind.

    Args:
        spans: what a filter found; a place without a value is none of anybody's.
        is_listed: asked of each value's digest, in whatever form the spans have it.
    """
    values = spans.filter(pl.col("value_hi").is_not_null()).select("position", "kind", "value_hi", "value_lo")
    met = [is_listed(hi, lo) for hi, lo in values.select("value_hi", "value_lo").iter_rows()]
    counted = values.filter(pl.Series(met, dtype=pl.Boolean)).group_by("position", "kind").len("hits")
    return counted.sort("position", "kind").cast(SUPPRESSED)


def suppressed_and_masked(decisions: pl.DataFrame) -> pl.DataFrame:
    """`position` and `kind` of what is to be masked because a value of that kind there is suppressed."""
    masked = decisions.filter((pl.col("reason") == REASON) & (pl.col("outcome").cast(pl.String) == "redact"))
    return masked.select("position", kind="label")
