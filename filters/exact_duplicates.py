"""Finds nothing by itself: notes each item's content digest, so that equal items can be told over the whole corpus.

Equal means equal bytes: one blank more, or a picture saved again, is another content. Which of the equal items stays is
decided by a step over all shards, not here.
"""

from __future__ import annotations

from math import inf

import polars as pl

from tamis.records import SIGNATURES, STATUS, FilterSpec, Findings, Measure


class ExactDuplicatesFilter:
    """The signature of an item is the digest of its bytes."""

    def __init__(self) -> None:
        self._spec = FilterSpec(
            name="exact_duplicates",
            version="1",
            kinds=("text", "image"),
            reads="content",
            measures=(Measure("n_bytes", "number", "The size of the item in bytes.", (0, inf)),),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return Findings(
            items=batch.select(
                "position", status=pl.lit("seen", dtype=STATUS), n_bytes=pl.col("n_bytes").cast(pl.Float64)
            ),
            signatures=batch.select(
                "position", signature_hi=pl.col("content_hi"), signature_lo=pl.col("content_lo")
            ).match_to_schema(SIGNATURES),
        )
