"""Scores pictures against concepts in words, by the vectors that `image_embedding` has on record.

How it scores, and what a file of concepts says: `filters.pictures.clip.concepts`. A new file scores again from the
record, and opens no picture. No accuracy is claimed: words that do well with one model can do badly with another, and
CLIP models are known to see some groups of people as unsafe more often than others. Set limits by pictures that you
labelled.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import polars as pl

from filters.image_embedding import ImageEmbeddingFilter
from filters.pictures.clip.concepts import BUILT_IN, concept_scores, read_concepts
from filters.pictures.clip.library import library_versions
from filters.pictures.heads import BoundHead, not_bound
from filters.pictures.vectors import Vectors
from tamis.errors import ConfigError
from tamis.records import Filter, FilterSpec, Findings, Measure

NAME = "image_concepts"


class ImageConceptsFilter:
    """The share that concepts called unsafe have of a picture; the highest of its views.

    Args:
        concepts: a TOML file of concepts; empty: the one that comes with Tamis.

    Raises:
        ConfigError: the file cannot be read or is wrong.
    """

    PATHS: ClassVar = ("concepts",)

    MEASURES: ClassVar = (
        Measure(
            "unsafe", "number", "What the unsafe groups have of all concepts together, 0 to 1, to 4 decimals.", (0, 1)
        ),
        Measure("group", "label", "The group with the largest share, by its name in the file."),
    )

    embeddings_of = "image_embedding"

    def __init__(self, *, concepts: str = "") -> None:
        self.concepts = read_concepts(Path(concepts) if concepts else BUILT_IN)
        self.spec = FilterSpec(
            name=NAME,
            version="1",
            kinds=("image",),
            reads="content",
            measures=self.MEASURES,
            models=(("concepts", self.concepts.sha256),),
            libraries=library_versions(),
        )

    def bound_to(self, source: Filter) -> BoundHead:
        if not isinstance(source, ImageEmbeddingFilter):
            raise ConfigError(
                f"{NAME}: {source.spec.name} has no model that knows words. It takes {self.embeddings_of}."
            )
        scores = concept_scores(source.model, self.concepts)

        def measured(views: Vectors) -> dict[str, pl.Series]:
            unsafe, groups = scores.of(views)
            labels = [self.concepts.labels[place] for place in groups]
            return {"unsafe": pl.Series(unsafe.round(4)), "group": pl.Series(labels, dtype=pl.String)}

        return BoundHead.of(self.spec, source, dimensions=source.model.dimensions, measured=measured, by="unsafe")

    def find(self, batch: pl.DataFrame) -> Findings:
        raise not_bound(self.spec)
