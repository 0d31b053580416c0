"""Learns to foretell texts: how many bits held-out ones take for each of their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from filters.text.utf8 import Utf8
from releases.subsets.learner import Learning, Places, Ruler, Told
from releases.subsets.piece_model import PieceModel
from releases.subsets.texts import Texts

MOST: Final = 100_000_000
"""Bytes: about 1.5 GB of memory."""


@dataclass(frozen=True, slots=True, eq=False)
class TextLearner:
    """A `PieceModel` of the pool's texts."""

    texts: Texts
    tested: Utf8
    ruler: Ruler
    most: int = MOST

    @classmethod
    def of(cls, texts: Texts, held_out: pl.Series) -> TextLearner:
        tested = Utf8.of(held_out)
        sizes = np.diff(tested.offsets).astype(np.float64)
        return cls(texts, tested, Ruler("byte", sizes, np.arange(len(sizes)), untold=None))

    @property
    def general(self) -> None:
        return None

    @property
    def before(self) -> None:
        return None

    @property
    def facts(self) -> Mapping[str, str | int]:
        return {"kind": "ngram"}

    def begun(self, seed: int) -> Learning:
        """The seed is of no matter: nothing is left to chance."""
        del seed
        return _Learning(self)


@dataclass(frozen=True, slots=True)
class _Learning:
    of: TextLearner
    model: PieceModel = field(default_factory=PieceModel)

    def learn(self, places: Places) -> None:
        for part in self.of.texts.of_places(places):
            self.model.learn(Utf8.of(part))

    def told(self) -> Told:
        return Told(self.model.bits(self.of.tested), is_right=None)
