"""Learns to tell labels: how many bits those of held-out texts take, and how many of them are told right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from filters.text.utf8 import Utf8
from releases.subsets.grams import Passages, bags_of
from releases.subsets.label_model import LabelModel
from releases.subsets.learner import Learning, Places, Ruler, Told
from releases.subsets.order import chances
from releases.subsets.texts import Texts
from tamis.errors import ReleaseError

_MOST: Final = 20_000_000
"""Bytes: about 1 GB of memory for their grams."""

MOST_LABELS: Final = 1_000
"""Of a pool: each takes up to 1 MB of memory."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelLearner:
    """A `LabelModel` of the pool's texts and their labels."""

    texts: Texts
    codes: Places
    """Of each item of the pool, which label it has; -1 where it has none."""
    labels: int
    tested: Passages
    ruler: Ruler
    most: int = _MOST

    @classmethod
    def of(cls, texts: Texts, held_out: pl.Series, labels: pl.Series) -> LabelLearner:
        """Of held-out texts and their labels, each of which an item of the pool has.

        Raises:
            ReleaseError: there are too many labels.
        """
        of_pool = texts.pool.items["label"].cast(pl.String)
        known = {label: code for code, label in enumerate(sorted(of_pool.drop_nulls().unique()))}
        if len(known) > MOST_LABELS:
            raise ReleaseError(
                f"subset.target.label: the pool has {len(known):,} different labels, and {MOST_LABELS:,} can be told "
                "apart at most. Is it the right column? Take `label` out to measure sizes in bits per byte."
            )
        codes = np.array([known.get(label, -1) for label in of_pool], dtype=np.int64)
        groups = np.array([known[label] for label in labels], dtype=np.int64)
        ruler = Ruler("label", np.ones(len(groups)), groups, untold=_entropy(groups))
        return cls(texts, codes, len(known), bags_of(Utf8.of(held_out)), ruler)

    @property
    def general(self) -> None:
        return None

    @property
    def before(self) -> None:
        return None

    @property
    def facts(self) -> Mapping[str, str | int]:
        return {"kind": "classifier"}

    def begun(self, seed: int) -> Learning:
        return _Learning(self, seed)


def _entropy(codes: Places) -> float:
    """Bits that a code takes on the mean where only their shares are known."""
    shares = np.bincount(codes) / len(codes)
    return float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Learning:
    of: LabelLearner
    seed: int
    places: list[Places] = field(default_factory=list)
    bags: list[Passages] = field(default_factory=list)

    def learn(self, places: Places) -> None:
        self.places.append(np.sort(places))
        self.bags.extend(bags_of(Utf8.of(part)) for part in self.of.texts.of_places(places))

    def told(self) -> Told:
        """Fits anew: texts are gone through in an order that their ids and the seed decide, not their places."""
        places = np.concatenate(self.places)
        in_turn = np.argsort(chances(self.of.texts.pool.items, self.seed)[places], kind="stable")
        bags = Passages.together(self.bags).at(in_turn)
        model = LabelModel.fitted(bags, self.of.codes[places[in_turn]], all_labels=self.of.labels, seed=self.seed)
        found = model.chances(self.of.tested)
        wanted = self.of.ruler.groups
        return Told(-np.log2(found[np.arange(len(wanted)), wanted]), found.argmax(axis=1) == wanted)
