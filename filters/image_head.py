"""Scores pictures with a small network that somebody published, by vectors that are on record.

The network is a file (`filters.pictures.clip.head`), made by `tamis import-head`, and names the model whose vectors it
is for; with those of another the filter is refused. None comes with Tamis, and no accuracy is claimed for any: what a
published head was trained on, and by whose rule, is not your corpus and your rule. Measure it on pictures that you
labelled.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import polars as pl

from filters.image_embedding import ImageEmbeddingFilter
from filters.pictures.clip.head import read_head
from filters.pictures.heads import BoundHead, expect_model, not_bound
from filters.pictures.vectors import Vectors
from tamis.errors import ConfigError
from tamis.records import Filter, FilterSpec, Findings, Measure

NAME = "image_head"


class ImageHeadFilter:
    """What a head says of a picture; the highest of its views.

    It is a filter of its own beside `image_probe`, so that a run can have both: a published head and one's own probe.

    Args:
        weights: a file as `filters.pictures.clip.head.ClipHead.save` writes it.

    Raises:
        ConfigError: the file cannot be read, is damaged, or is no head.
    """

    PATHS: ClassVar = ("weights",)

    MEASURES: ClassVar = (Measure("score", "number", "What the head says, 0 to 1, to 4 decimals.", (0, 1)),)

    embeddings_of = "image_embedding"

    def __init__(self, *, weights: str) -> None:
        self.head, sha256 = read_head(Path(weights))
        told = (("classes", self.head.classes), ("licence", self.head.licence), ("provenance", self.head.provenance))
        self.spec = FilterSpec(
            name=NAME,
            version="1",
            kinds=("image",),
            reads="content",
            measures=self.MEASURES,
            parameters=told,
            models=(("weights", sha256), ("source", self.head.source)),
            libraries=(("numpy", version("numpy")),),
        )

    def bound_to(self, source: Filter) -> BoundHead:
        expect_model(self.head.model, source.spec, head=NAME)
        there = source.model.dimensions if isinstance(source, ImageEmbeddingFilter) else self.head.inputs
        if there != self.head.inputs:
            raise ConfigError(
                f"{NAME}: {self.head.inputs} numbers go into its first layer, and {source.spec.name} makes vectors of "
                f"{there}. Import the head for the model that it was published for."
            )

        def measured(views: Vectors) -> dict[str, pl.Series]:
            return {"score": pl.Series(self.head.of(views).round(4))}

        return BoundHead.of(self.spec, source, dimensions=self.head.inputs, measured=measured, by="score")

    def find(self, batch: pl.DataFrame) -> Findings:
        raise not_bound(self.spec)
