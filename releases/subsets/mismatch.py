"""How a target may not fit: held-out texts that are unlike the examples, and languages that the pool has little of.

Sizes are measured on held-out texts, and chosen by examples: where the two come from different files they may be about
different things, and then a size is measured on something else than is chosen. How far they can be told apart is asked
of the same classifier that tells target from pool, fitted on one half of both and tried on the other (a classifier
two-sample test: Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", 2017, with the area under the ROC curve
in place of accuracy, for the two sides are of different sizes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from filters.language import measures_of
from filters.text.utf8 import Utf8
from releases.subsets import linear
from releases.subsets.grams import BUCKETS, Weights, counted, mean_weight, passages_of
from releases.subsets.order import chances
from releases.subsets.pool import Pool
from releases.subsets.target import Examples

APART: Final = 0.6
"""An area under the curve from which the two sides are said to differ, if chance does not give as much."""

_SAMPLED: Final = 2_000
"""Texts of a pool whose languages are not on record that are looked at."""

_PASSAGES: Final = 64
"""Of each text, at most."""

_SELDOM: Final = 0.1
"""A language is missing where the pool has less than this share of what the target has of it."""

_NOTED: Final = 0.05
"""Languages with less of the target are passed over."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language of the target."""

    language: str
    """Its code in ISO 639."""
    of_target: float
    """Share of its texts, by bytes."""
    of_pool: float

    @property
    def is_missing(self) -> bool:
        return self.of_pool < _SELDOM * self.of_target


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was measured."""

    shift: float | None
    """How often a held-out text and an example are told apart: 0.5 by chance, 1 always. Null with fewer than four of
    either."""
    chance: float
    """Two standard errors of that figure where nothing can be told."""
    languages: tuple[Spoken, ...]
    """Of the target, most of it first."""

    @property
    def is_shifted(self) -> bool:
        return self.shift is not None and self.shift >= max(APART, 0.5 + self.chance)


def mismatch(pool: Pool, examples: Examples, *, seed: int) -> Mismatch:
    """Measures both.

    Args:
        pool: of texts.
        examples: of the target, some of them held out.
        seed: of the texts that are looked at.
    """
    few = min(len(examples.fit), len(examples.held_out))
    shift = _told_apart(examples.fit, examples.held_out, seed=seed) if few >= 4 else None
    both = len(examples.fit), len(examples.held_out)
    chance = 2 * float(np.sqrt((sum(both) + 1) / (12 * max(both[0] * both[1], 1))))
    of_target, of_pool = _languages(examples.all), _languages_of(pool, seed)
    spoken = [
        Spoken(language, share, of_pool.get(language, 0.0))
        for language, share in sorted(of_target.items(), key=lambda each: (-each[1], each[0]))
        if share >= _NOTED
    ]
    return Mismatch(shift, chance, tuple(spoken))


def _told_apart(one: pl.Series, other: pl.Series, *, seed: int) -> float:
    """The area under the ROC curve: of either half by what was fitted on the other, and their mean."""
    of_both = np.zeros(BUCKETS, dtype=np.int64)
    for side in (one, other):
        counted(Utf8.of(side), of_both)
    areas = []
    for half in (0, 1):
        seen = [passages_of(Utf8.of(side.gather_every(2, half)), most=_PASSAGES) for side in (one, other)]
        weights = linear.fitted(seen[0], seen[1], of_pool=of_both, seed=seed)
        areas.append(_area(*(mean_weight(Utf8.of(side.gather_every(2, 1 - half)), weights) for side in (one, other))))
    return float(np.mean(areas))


def _area(one: Weights, other: Weights) -> float:
    """How often a score of one side is above one of the other; a text without a word is as likely on either."""
    ranks = pl.Series(np.nan_to_num(np.concatenate([one, other]))).rank("average").to_numpy()
    above = ranks[: len(one)].sum() - len(one) * (len(one) + 1) / 2
    return float(above / (len(one) * len(other)))


def _languages_of(pool: Pool, seed: int) -> Mapping[str, float]:
    """Of the pool, as the filter `language` has them on record, or of some of its texts."""
    on_record = pool.items.filter(pl.col("language").is_not_null())
    if not on_record.is_empty():
        return _shares(on_record["language"].cast(pl.String), on_record["bytes"])
    sampled = np.sort(np.argsort(chances(pool.items, seed), kind="stable")[:_SAMPLED])
    wanted = pool.items.select("owner", "shard", "position")[sampled]
    texts = [
        batch["text"]
        for number in wanted["shard"].unique(maintain_order=True)
        for batch in pool.texts_of(wanted.filter(pl.col("shard") == number), int(number))
    ]
    return _languages(pl.concat(texts)) if texts else {}


def _languages(texts: pl.Series) -> Mapping[str, float]:
    return _shares(measures_of(texts)[0], texts.str.len_bytes())


def _shares(languages: pl.Series, sizes: pl.Series) -> Mapping[str, float]:
    summed = pl.DataFrame({"language": languages, "bytes": sizes}).group_by("language").agg(pl.col("bytes").sum())
    whole = max(int(summed["bytes"].sum()), 1)
    return {language: size / whole for language, size in summed.iter_rows()}
