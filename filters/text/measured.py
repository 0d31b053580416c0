"""What was counted over the texts of a batch, as findings."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from filters.text.counts import Numbers
from tamis.records import STATUS, FilterSpec, Findings


def findings_of(batch: pl.DataFrame, spec: FilterSpec, measured: Mapping[str, Numbers]) -> Findings:
    """Every text is seen; NaN, where there was nothing to divide by, is null."""
    columns = {name: pl.Series(name, values, dtype=pl.Float64, nan_to_null=True) for name, values in measured.items()}
    items = batch.select("position", status=pl.lit("seen", dtype=STATUS)).with_columns(**columns)
    return Findings(items=items.match_to_schema(spec.schema))
