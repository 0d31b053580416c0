"""Makes a vector of each text with a model of your choice, by which texts of nearly the same meaning are found.

How: a network of transformers with safetensors, from a folder or the hub's cache on this machine, looks at some windows
of a text, one by default; their vectors are brought to unit length, and so is the mean of them. The vectors stay on
record as half-precision numbers: who has a vector and the model can guess at the text, so they are in the log alone,
and in no catalog, report or release.

No model comes with Tamis, nothing is fetched, and no accuracy is claimed for any. What a model takes for the same
depends on what it was trained on. Known misses: what lies in no window; of texts of which more than a tenth of the
tokens is unknown to the model no vector is made, nor of those without tokens. What one model wants put before each text
(`query: `) is not put there.

How batches are formed changes a vector by its rounding alone: some 0.0001 in full precision, some 0.001 in half
precision, which is what a CUDA device computes in.
"""

from __future__ import annotations

from importlib.metadata import version
from math import inf
from typing import ClassVar

import numpy as np
import polars as pl

from filters.pictures.heads import MODEL
from filters.pictures.vectors import frame_of
from filters.text_models.classifier import Reading
from filters.text_models.embedding import WHO, load_sentence_model
from tamis.errors import ConfigError
from tamis.records import STATUS, FilterSpec, Findings, Measure


class TextEmbeddingFilter:
    """One vector for each text.

    Args:
        model: a folder, or a name in the hub's cache on this machine.
        window: tokens that are looked at once; 0: what the model says it takes, 512 if it does not, or fewer where its
            network takes fewer.
        overlap: what two windows share, at least; at most a quarter of a window.
        max_windows: of more windows than this so many are looked at, the first and others at even distances; 0: all.
        max_characters: longer texts are `too_long`.
        device: as torch names it; auto: the first CUDA device if there is one, else the processor.

    Raises:
        ConfigError: the model cannot be loaded or makes its vectors in a way that is not known, or a number is out of
            range.
    """

    PATHS: ClassVar = ("model",)

    MEASURES: ClassVar = (
        Measure("tokens", "number", "How many tokens the text has, as the model reads it.", (0, inf)),
        Measure("windows", "number", "Windows that were looked at.", (0, inf)),
        Measure("covered", "number", "The share of the tokens that lie in them.", (0, 1)),
        Measure("unknown", "number", "The share of the tokens that the model does not know.", (0, 1)),
    )

    def __init__(
        self,
        *,
        model: str,
        window: int = 0,
        overlap: int = 64,
        max_windows: int = 1,
        max_characters: int = 2_000_000,
        device: str = "auto",
    ) -> None:
        if max_characters < 1:
            raise ConfigError(f"{WHO}: max_characters is {max_characters}, expected 1 or more.")
        self.max_characters = max_characters
        self.model = load_sentence_model(model, reading=Reading(window, overlap, max_windows, WHO), device=device)
        self._spec = FilterSpec(
            name=WHO,
            version="1",
            kinds=("text",),
            reads="content",
            measures=self.MEASURES,
            parameters=(
                ("dimensions", self.model.dimensions),
                ("max_characters", max_characters),
                ("max_windows", max_windows),
                ("model", self.model.digest),
                ("overlap", overlap),
                ("pooling", self.model.pooling),
                ("precision", "full" if self.model.half is None else "half"),
                ("window", self.model.reader.size),
                *((("lowered", True),) if self.model.lowered else ()),
            ),
            models=((MODEL, self.model.digest),),
            libraries=tuple((name, version(name)) for name in self.model.libraries),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        short = (batch["text"].str.len_chars() <= self.max_characters).to_numpy()
        texts = batch["text"].filter(pl.Series(short)).to_list()
        made = self.model.embed(texts)
        status = np.full(batch.height, "too_long", dtype=object)
        status[short] = np.where(made.failed, "failed", "seen")
        positions = batch["position"].filter(pl.Series(short))
        measured = pl.DataFrame(
            {
                "position": positions,
                "tokens": made.tokens.astype(np.float64),
                "windows": made.windows.astype(np.float64),
                "covered": made.covered.round(4),
                "unknown": made.unknown.round(4),
            }
        ).filter(pl.Series(~made.failed))
        items = batch.select("position", pl.Series("status", status, dtype=STATUS)).join(
            measured, on="position", how="left", validate="1:1", maintain_order="left"
        )
        vectors = ((positions[place], vector[None]) for place, vector in sorted(made.vectors.items()))
        return Findings(items=items.match_to_schema(self._spec.schema), embeddings=frame_of(vectors))
