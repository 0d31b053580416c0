"""How good each size of a subset is: learned by a small model, measured on texts that selection never saw.

Nested subsets of the order are learned one after the other, each going on from the one before, and after each the
held-out texts are measured in bits per byte. The same is done of random orders, so that it can be seen what choosing is
worth. A learner sees no more than the training will: of a subset that is larger than that, as many texts as chance,
keyed by their ids, lets in. Intervals are of the held-out texts: which of them there were is all that chance decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.utf8 import Utf8
from releases.subsets.choose import Ordered
from releases.subsets.order import chances
from releases.subsets.piece_model import PieceModel
from releases.subsets.pool import Pool

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

SHARES: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Of the bytes that could be chosen; the last is all of them."""

MOST_LEARNED: Final = 100_000_000
"""Bytes that a learner sees at most, whatever the training will: about 1.5 GB of memory."""

_HELD: Final = 512_000_000
"""Bytes of a pool that are held in memory; of a larger one texts are read whenever they are learned."""

_DRAWN: Final = 1_000
"""Bootstrap samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One size."""

    share: float
    items: int
    bytes: int
    learned: int
    """Bytes that the learner saw."""
    bits: Floats
    """That each held-out text takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What was measured."""

    points: tuple[Point, ...]
    """From the smallest to all that could be chosen."""
    whole: Point
    """All that was there to be chosen from."""
    random: tuple[tuple[Point, ...], ...]
    """Of each random order its sizes, the same as in `points`."""
    sizes: Floats
    """Bytes of each held-out text."""

    def bits_per_byte(self, point: Point) -> float:
        """Over all held-out texts."""
        return float(point.bits.sum() / self.sizes.sum())

    def interval(self, point: Point, *, seed: int) -> tuple[float, float]:
        """Of its bits per byte, 95 %, by bootstrap over the held-out texts."""
        drawn = _drawn(len(self.sizes), seed)
        low, high = np.quantile(point.bits[drawn].sum(axis=1) / self.sizes[drawn].sum(axis=1), (0.025, 0.975))
        return float(low), float(high)

    def excess(self, point: Point, over: Point, *, seed: int) -> tuple[float, float, float]:
        """How many more bits a point takes than another one, as a share: measured, and the bounds of 90 %.

        With probability 0.95 it is no more than the upper bound.
        """
        drawn = _drawn(len(self.sizes), seed)
        low, high = np.quantile(point.bits[drawn].sum(axis=1) / over.bits[drawn].sum(axis=1) - 1, (0.05, 0.95))
        return float(point.bits.sum() / over.bits.sum() - 1), float(low), float(high)

    def worse_off(self, point: Point, *, by: float) -> float:
        """The share of held-out texts that take more bits than after the whole, by more than a share."""
        return float((point.bits > self.whole.bits * (1 + by)).mean())


def _drawn(count: int, seed: int) -> Places:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, count, size=(_DRAWN, count))


def measure(
    ordered: Ordered, held_out: pl.Series, *, training_bytes: int | None, repeats: int, shares: Sequence[float] = SHARES
) -> Curve:
    """Learns every size, and as many random orders.

    Args:
        ordered: the items in the order in which they are chosen.
        held_out: texts of the target that no selection saw.
        training_bytes: that the training will see, epochs counted; null: each text once.
        repeats: random orders.
        shares: the sizes.
    """
    texts = Texts.of(ordered.pool)
    tested = Utf8.of(held_out)
    most = min(training_bytes or MOST_LEARNED, MOST_LEARNED)
    sizes = ordered.pool.items["bytes"].to_numpy().astype(np.int64)
    able = np.flatnonzero(~ordered.is_again)
    budget = int(sizes[ordered.order].sum())
    ends = [round(share * budget) for share in shares]
    learner = _Learner(texts, tested, sizes, most=most)
    points = tuple(learner.nested(ordered.order, ends, seed=ordered.subset.seed))
    whole = points[-1]
    if len(able) > len(ordered.order):
        whole = next(learner.nested(able, [int(sizes[able].sum())], seed=ordered.subset.seed))
    random = tuple(
        tuple(learner.nested(able[np.argsort(chances(ordered.pool.items, seed)[able])], ends, seed=seed))
        for seed in range(ordered.subset.seed + 1, ordered.subset.seed + 1 + repeats)
    )
    return Curve(points, whole, random, np.diff(tested.offsets).astype(np.float64))


@dataclass(frozen=True, slots=True)
class _Learner:
    texts: Texts
    tested: Utf8
    sizes: Places
    most: int

    def nested(self, order: Places, ends: Sequence[int], *, seed: int) -> Iterator[Point]:
        """A point for the longest beginning of an order that does not pass each of `ends`, bytes, ascending."""
        reached = np.cumsum(self.sizes[order])
        model, before = PieceModel(), 0
        for end in ends:
            count = max(int(np.searchsorted(reached, end, side="right")), 1)
            size = int(reached[count - 1])
            if size <= self.most:
                self._learn(model, order[before:count])
                before, learned, bits = count, size, model.bits(self.tested)
            else:
                sample = self._sample(order[:count], seed)
                apart = PieceModel()
                self._learn(apart, sample)
                learned, bits = int(self.sizes[sample].sum()), apart.bits(self.tested)
            yield Point(size / max(int(reached[-1]), 1), count, size, learned, bits)

    def _sample(self, places: Places, seed: int) -> Places:
        """As many of them, by chance, as the learner may see."""
        drawn = places[np.argsort(chances(self.texts.pool.items, seed)[places], kind="stable")]
        count = max(int(np.searchsorted(np.cumsum(self.sizes[drawn]), self.most, side="right")), 1)
        return drawn[:count]

    def _learn(self, model: PieceModel, places: Places) -> None:
        for part in self.texts.of_places(places):
            model.learn(Utf8.of(part))


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a pool by their places, from memory where they fit into it."""

    pool: Pool
    held: pl.Series | None

    @classmethod
    def of(cls, pool: Pool) -> Texts:
        if int(pool.items["bytes"].sum()) > _HELD:
            return cls(pool, None)
        parts = [batch["text"] for batch in pool.texts()]
        return cls(pool, pl.concat(parts) if parts else pl.Series("text", [], dtype=pl.String))

    def of_places(self, places: Places) -> Iterator[pl.Series]:
        """The texts at these places; their order is no matter."""
        if self.held is not None:
            if len(places):
                yield self.held.gather(pl.Series(np.sort(places)))
            return
        wanted = self.pool.items.select("owner", "shard", "position")[np.sort(places)]
        for (number,), items in wanted.group_by("shard", maintain_order=True):
            for batch in self.pool.texts_of(items, int(str(number))):
                yield batch["text"]
