"""Makes a vector of each picture with a CLIP model of your choice, for other filters to score.

The vectors stay on record, so that a head (`image_concepts`, `image_probe`) can score them again without a picture
being opened. They tell much of a picture: they are in the log alone, and in no catalog and no report.

No model comes with Tamis. What one sees depends on what it was trained on; no accuracy is claimed for any.
"""

from __future__ import annotations

from itertools import islice
from math import inf
from typing import ClassVar

import numpy as np
import polars as pl

from filters.pictures.clip.batches import InBatches
from filters.pictures.clip.library import library_versions
from filters.pictures.clip.model import load_clip
from filters.pictures.clip.source import find_model
from filters.pictures.decode import MAX_PIXELS, PIXEL_CEILING, status_of
from filters.pictures.heads import MODEL
from filters.pictures.look import Looks, look_at
from filters.pictures.vectors import frame_of
from tamis.errors import ConfigError
from tamis.records import FilterSpec, Findings, Measure

NAME = "image_embedding"

_ON_CUDA, _ON_PROCESSOR = 256, 8


class ImageEmbeddingFilter:
    """One vector for each view of a picture (see `filters.pictures.decode.Picture`).

    Args:
        model: `ARCHITECTURE/TAG` as open_clip has it, `hf-hub:ORG/REPO`, `local-dir:FOLDER`, or a folder.
        revision: commit, branch or tag of a model on the hub; empty: its main one.
        model_licence: under which licence the model is used; empty: what its card states.
        device: as torch names it; auto: the first CUDA device if there is one, else the processor.
        batch_size: views computed at once; 0: 8 on a processor, 256 on a CUDA device.
        max_pixels: larger pictures are `too_long`, without being decoded.

    Raises:
        ConfigError: a number is out of range, or the model or the device is not there or cannot be used.
    """

    PATHS: ClassVar = ("model",)

    MEASURES: ClassVar = (
        Measure("width", "number", "Pixels across, as shown.", (1, inf)),
        Measure("height", "number", "Pixels down, as shown.", (1, inf)),
        Measure("problem", "label", "Why the picture has no vector: a code of tamis.reasons; null if it has."),
    )

    def __init__(
        self,
        *,
        model: str,
        revision: str = "",
        model_licence: str = "",
        device: str = "auto",
        batch_size: int = 0,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if batch_size < 0:
            raise ConfigError(f"{NAME}: batch_size is {batch_size}, expected 0 or more.")
        if not 1 <= max_pixels <= PIXEL_CEILING:
            raise ConfigError(f"{NAME}: max_pixels is {max_pixels}, expected 1 to {PIXEL_CEILING}.")
        self.max_pixels = max_pixels
        files = find_model(model, revision=revision)
        self.model = load_clip(files, device)
        self.readings = (self.model.reading,)
        self.batches = InBatches(batch_size or (_ON_CUDA if self.model.precision == "half" else _ON_PROCESSOR))
        self._spec = self._make_spec(licence=model_licence or files.licence)

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return self.find_in(batch, look_at(batch, [self]))

    def find_in(self, batch: pl.DataFrame, looks: Looks) -> Findings:
        seen = list(looks.of(batch, max_pixels=self.max_pixels))
        views = {position: look.arrays[self.model.reading.key] for position, look in seen if look.problem is None}
        answers = iter(self.model.embed(np.concatenate(list(views.values())), batches=self.batches) if views else [])
        vectors = {}
        for position, of_picture in views.items():
            each = list(islice(answers, len(of_picture)))
            whole = [vector for vector in each if vector is not None and np.isfinite(vector).all()]
            if len(whole) == len(each):
                vectors[position] = np.stack(whole)
        rows = [
            (
                position,
                "failed" if position in views and position not in vectors else status_of(look.problem),
                look.width,
                look.height,
                look.problem,
            )
            for position, look in seen
        ]
        items = pl.DataFrame(rows, schema=self._spec.schema, orient="row")
        return Findings(items=items, embeddings=frame_of(vectors.items()))

    def _make_spec(self, *, licence: str) -> FilterSpec:
        files = self.model.files
        return FilterSpec(
            name=NAME,
            version="1",
            kinds=("image",),
            reads="content",
            measures=self.MEASURES,
            parameters=(
                ("model", files.name),
                ("model_licence", licence),
                ("precision", self.model.precision),
                ("max_pixels", self.max_pixels),
            ),
            models=((MODEL, files.digest), *files.sha256),
            libraries=library_versions(),
        )
