"""How much each text of a pool is like the texts of a target: one number for each, from its words alone.

Two ways, and both end as one weight for each bucket of grams, of which a text gets the mean over its grams, so that
long texts are not put first for being long:

- `importance`: the logarithm of how much more likely the target is to have a gram than the pool (Xie et al., "Data
  Selection for Language Models via Importance Resampling", 2023, whose sum over a text is a mean here). One is added to
  every bucket on both sides, else a gram that no example has would decide alone.
- `linear`: a linear classifier (`linear.py`).

The pool is read twice, once to count and once to score. What was read is kept in a folder, so that a second start goes
on where the first one was cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.folded import folded
from filters.text.shared_runs import Index, shared
from filters.text.utf8 import Utf8
from releases.subsets import linear
from releases.subsets.grams import BUCKETS, Counts, Passages, Weights, counted, mean_weight, passages_of
from releases.subsets.order import chances
from releases.subsets.parts import once
from releases.subsets.pool import Pool
from releases.subsets.section import Subset
from releases.subsets.target import Examples

_SAMPLED: Final = 4_000
"""Texts of the pool that the classifier is shown."""

_OF_EACH: Final = 2
"""Passages of each of these."""

_OF_EXAMPLE: Final = 64
"""Passages of each example."""

_RUN: Final = 13
_LEAST_WORDS: Final = 8
"""Of runs that tell an example again: as in `filters/evaluation_overlap.py`."""

_GRAIN: Final = 2.0**-20
"""Weights are rounded to it, so that a last bit that differs between machines is gone."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What was found of each item of a pool, in its order."""

    score: Weights
    """NaN where there is no word, and of all items where it is not words that put them in order."""
    again: npt.NDArray[np.bool_]
    """It is one of the target's texts again, or nearly."""


def scored(pool: Pool, subset: Subset, examples: Examples, scratch: Path) -> Scored:
    """Scores all texts of a pool by their words, and tells which are examples again.

    Args:
        pool: of texts.
        subset: what is asked for.
        examples: of its target.
        scratch: a folder for what was read so far of this pool, subset and target, and of nothing else; made if it is
            not there.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    weights = once(scratch / "weights.npy", lambda: _weights(pool, subset, examples)) if subset.by_words else None
    known = _Known.of(examples.all, most=subset.target.max_overlap if subset.target else 1.0)
    found = [
        once(scratch / f"shard-{number:05d}.npy", partial(_of_shard, pool, number, weights, known))
        for number in pool.shards
    ]
    together = np.concatenate([np.empty((2, 0)), *found], axis=1)
    return Scored(together[0], together[1] > 0)


def _weights(pool: Pool, subset: Subset, examples: Examples) -> Weights:
    """One for each bucket."""
    of_target, of_pool = (np.zeros(BUCKETS, dtype=np.int64) for _ in range(2))
    counted(Utf8.of(examples.fit), of_target)
    sampled = np.argsort(chances(pool.items, subset.seed), kind="stable")[:_SAMPLED]
    is_sampled = np.zeros(pool.items.height, dtype=np.bool_)
    is_sampled[sampled] = True
    shown: list[Passages] = []
    for batch in pool.texts():
        counted(Utf8.of(batch["text"]), of_pool)
        some = batch["text"].filter(pl.Series(is_sampled[batch["owner"].to_numpy()]))
        if subset.method == "linear" and len(some):
            shown.append(passages_of(Utf8.of(some), most=_OF_EACH))
    if subset.method == "linear":
        of_examples = passages_of(Utf8.of(examples.fit), most=_OF_EXAMPLE)
        weights = linear.fitted(of_examples, Passages.together(shown), of_pool=of_pool, seed=subset.seed)
    else:
        weights = _log_odds(of_target) - _log_odds(of_pool)
    return np.round(weights / _GRAIN) * _GRAIN


def _log_odds(counts: Counts) -> Weights:
    odds: Weights = np.log((counts + 1) / (counts.sum() + BUCKETS))
    return odds


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """The examples, to be told again."""

    runs: Index
    """Of those that have words enough."""
    plain: pl.Series
    """All of them, as they are compared whole: those of a few words, such as a query, have no run."""
    most: float

    @classmethod
    def of(cls, texts: pl.Series, *, most: float) -> _Known:
        return cls(Index.of(folded(Utf8.of(texts)), n=_RUN, least=_LEAST_WORDS), _plain(texts), most)

    def again(self, texts: pl.Series) -> Weights:
        """1 for each text that is one of them again, or nearly."""
        words = folded(Utf8.of(texts))
        found = shared(self.runs, words)
        of_text = np.repeat(np.arange(len(texts)), np.diff(found.bounds))
        again = found.words > self.most * np.maximum(words.counts, 1)
        again[of_text[found.parts > self.most]] = True
        is_short = words.counts < _LEAST_WORDS  # of others an example is told by its runs
        if self.most < 1 and is_short.any():
            again[is_short] |= _plain(texts.filter(pl.Series(is_short))).is_in(self.plain.implode()).to_numpy()
        return again.astype(np.float64)


def _plain(texts: pl.Series) -> pl.Series:
    return texts.str.strip_chars().str.to_lowercase()


def _of_shard(pool: Pool, number: int, weights: Weights | None, examples: _Known) -> Weights:
    """2 x texts: the score of each, and 1 where it is an example again."""
    items = pool.items.filter(pl.col("shard") == number)
    parts = [
        np.stack([_by_words(batch["text"], weights), examples.again(batch["text"])])
        for batch in pool.texts_of(items, number)
    ]
    return np.concatenate([np.empty((2, 0)), *parts], axis=1)


def _by_words(texts: pl.Series, weights: Weights | None) -> Weights:
    return np.full(len(texts), np.nan) if weights is None else mean_weight(Utf8.of(texts), weights)
