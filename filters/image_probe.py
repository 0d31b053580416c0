"""Scores pictures with weights fitted on pictures that you labelled, by vectors that are on record.

The weights are a file (`filters.pictures.clip.probe`) and name the model whose vectors they are for; with those of
another the filter is refused. None come with Tamis. How well a probe does is for you to measure, on pictures that it
was not fitted on.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import polars as pl

from filters.pictures.clip.probe import read_probe
from filters.pictures.heads import BoundHead, expect_model, not_bound
from filters.pictures.vectors import Vectors
from tamis.records import Filter, FilterSpec, Findings, Measure

NAME = "image_probe"


class ImageProbeFilter:
    """How likely a picture is of the class that the probe was fitted to find; the highest of its views.

    Args:
        weights: a file as `filters.pictures.clip.probe.Probe.save` writes it.

    Raises:
        ConfigError: the file cannot be read or is damaged.
    """

    PATHS: ClassVar = ("weights",)

    MEASURES: ClassVar = (
        Measure("probe", "number", "How likely the picture is of the probe's class, 0 to 1, to 4 decimals.", (0, 1)),
    )

    embeddings_of = "image_embedding"

    def __init__(self, *, weights: str) -> None:
        self.probe, sha256 = read_probe(Path(weights))
        self.spec = FilterSpec(
            name=NAME,
            version="1",
            kinds=("image",),
            reads="content",
            measures=self.MEASURES,
            parameters=(("classes", self.probe.classes), ("provenance", self.probe.provenance)),
            models=(("weights", sha256),),
            libraries=(("numpy", version("numpy")),),
        )

    def bound_to(self, source: Filter) -> BoundHead:
        expect_model(self.probe.model, source.spec, head=NAME)

        def measured(views: Vectors) -> dict[str, pl.Series]:
            return {"probe": pl.Series(self.probe.of(views).round(4))}

        return BoundHead.of(self.spec, source, dimensions=len(self.probe.weight), measured=measured, by="probe")

    def find(self, batch: pl.DataFrame) -> Findings:
        raise not_bound(self.spec)
