"""Learns to foretell texts as a model does that knows general text already and is trained on.

Two models of pieces: one has learned general text, once; the other learns the subset. What they say of a piece is
weighed against each other (linear interpolation: Jelinek and Mercer, 1980), by a weight that makes the examples to
choose by likeliest (expectation and maximisation; held-out texts have no part in it). So the subset is not diluted by
what was known before, and what it lacks is not new. What is forgotten is what general texts take more with that weight
than before: a stand-in, for a network forgets by its own rates and steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from filters.text.utf8 import Utf8
from releases.subsets.general import GeneralText
from releases.subsets.learner import Floats, Learning, Places, Ruler, Told
from releases.subsets.piece_model import PieceModel
from releases.subsets.pieces import pieces_of
from releases.subsets.text_learner import MOST
from releases.subsets.texts import Texts

_ROUNDS: Final = 60
_BEGIN: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Texts, and what the general model says of each of their pieces."""

    texts: Utf8
    of_piece: Places
    """Of which text each piece is."""
    known: Floats

    @classmethod
    def of(cls, texts: pl.Series, model: PieceModel) -> _Asked:
        read = Utf8.of(texts)
        counts = pieces_of(read)
        return cls(read, np.repeat(np.arange(len(counts)), counts), model.chances(read))

    @property
    def sizes(self) -> Floats:
        return np.diff(self.texts.offsets).astype(np.float64)

    def bits(self, learned: Floats, weight: float) -> Floats:
        """That each text takes."""
        mixed = weight * learned + (1 - weight) * self.known
        return np.bincount(self.of_piece, -np.log2(mixed), minlength=len(self.sizes)).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class ContinuedLearner:
    """Two `PieceModel`s, of general text and of the pool's."""

    texts: Texts
    known: GeneralText
    tested: _Asked
    remembered: _Asked
    fit: _Asked
    ruler: Ruler
    most: int = MOST

    @classmethod
    def of(cls, texts: Texts, known: GeneralText, *, fit: pl.Series, held_out: pl.Series) -> ContinuedLearner:
        """Learns general text.

        Args:
            texts: of the pool.
            known: general text.
            fit: examples to choose by, which the weight is fitted to.
            held_out: that are measured.
        """
        model = PieceModel()
        model.learn(Utf8.of(known.known))
        tested, remembered, fitted = (_Asked.of(each, model) for each in (held_out, known.held_out, fit))
        ruler = Ruler("byte", tested.sizes, np.arange(len(tested.sizes)), untold=None)
        return cls(texts, known, tested, remembered, fitted, ruler)

    @property
    def general(self) -> Floats:
        return self.remembered.sizes

    @property
    def before(self) -> Told:
        return Told(self.tested.bits(self.tested.known, 0.0), None, self.remembered.bits(self.remembered.known, 0.0))

    @property
    def facts(self) -> Mapping[str, str | int]:
        return {"kind": "ngram", "general_bytes": self.known.bytes, "general_held_out": len(self.general)}

    def begun(self, seed: int) -> Learning:
        """The seed is of no matter: nothing is left to chance."""
        del seed
        return _Learning(self)


@dataclass(frozen=True, slots=True)
class _Learning:
    of: ContinuedLearner
    model: PieceModel = field(default_factory=PieceModel)

    def learn(self, places: Places) -> None:
        for part in self.of.texts.of_places(self.of.known.without(places)):
            self.model.learn(Utf8.of(part))

    def told(self) -> Told:
        of = self.of
        tested, remembered, fit = (self.model.chances(each.texts) for each in (of.tested, of.remembered, of.fit))
        weight = weight_of(fit, of.fit.known)
        return Told(of.tested.bits(tested, weight), None, of.remembered.bits(remembered, weight))


def weight_of(learned: Floats, known: Floats) -> float:
    """Of what was learned, between 0 and 1: by which the pieces are likeliest, to about a thousandth.

    Args:
        learned: chances of pieces, all above 0.
        known: chances of the same by the other model.
    """
    weight = _BEGIN
    for _ in range(_ROUNDS):
        weight = float((weight * learned / (weight * learned + (1 - weight) * known)).mean())
    return weight
