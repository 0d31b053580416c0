"""How good each size of a subset is: learned by a small model, measured on texts that selection never saw.

Nested subsets of the order are learned one after the other, each going on from the one before or anew, and after each
it is measured how many bits held-out texts take, or their labels (`learner.py`). The same is done of random orders, so
that it can be seen what choosing is worth. A learner sees no more than the training will: of a subset that is larger
than that, as many texts as chance, keyed by their ids, lets in. Intervals are of the held-out texts: which of them
there were is all that chance decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from releases.subsets.choose import Ordered
from releases.subsets.learner import Flags, Floats, Learner, Places, Ruler, Told
from releases.subsets.order import chances
from releases.subsets.pool import Pool

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
    """That each held-out text takes, or its label."""
    is_right: Flags | None = None
    """Whether its label is the one held likeliest; null where none is asked for."""
    general: Floats | None = None
    """Bits that each general text takes, where what is forgotten is measured."""

    @property
    def accuracy(self) -> float | None:
        """The share of held-out texts whose label is told right."""
        return None if self.is_right is None else float(self.is_right.mean())


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What was measured."""

    points: tuple[Point, ...]
    """From the smallest to all that could be chosen."""
    whole: Point
    """All that was there to be chosen from."""
    random: tuple[tuple[Point, ...], ...]
    """Of each random order its sizes, the same as in `points`."""
    ruler: Ruler
    general: Floats | None = None
    """Bytes of each general text; null where nothing can be forgotten."""
    before: Told | None = None
    """Of a model that has learned none of them."""

    def remembered(self, told: Point | Told) -> float | None:
        """Bits for each byte of the general texts."""
        if self.general is None or told.general is None:
            return None
        return float(told.general.sum() / self.general.sum())

    def bits(self, point: Point) -> float:
        """For each byte, or each label, over all held-out texts."""
        return float(point.bits.sum() / self.ruler.units.sum())

    def interval(self, point: Point, *, seed: int) -> tuple[float, float]:
        """Of its bits, 95 %, by bootstrap over the held-out texts."""
        drawn = _drawn(len(point.bits), seed)
        low, high = np.quantile(point.bits[drawn].sum(axis=1) / self.ruler.units[drawn].sum(axis=1), (0.025, 0.975))
        return float(low), float(high)

    def excess(self, point: Point, over: Point, *, seed: int) -> tuple[float, float, float]:
        """How many more bits a point takes than another one, as a share: measured, and the bounds of 90 %.

        With probability 0.95 it is no more than the upper bound.
        """
        drawn, whole = _drawn(len(point.bits), seed), self.ruler.whole(over.bits)
        more = point.bits - over.bits
        low, high = np.quantile(more[drawn].sum(axis=1) / whole[drawn].sum(axis=1), (0.05, 0.95))
        return float(more.sum() / whole.sum()), float(low), float(high)

    def worse_off(self, point: Point, *, by: float) -> float:
        """The share of held-out texts that take more bits than after the whole, by more than a share.

        Labels are looked at together, for of a single text the bits of its label go up and down by chance.
        """
        groups, compared = self.ruler.groups, self.whole.bits
        allowed = np.bincount(groups, compared) + by * np.bincount(groups, self.ruler.whole(compared))
        return float((np.bincount(groups, point.bits) > allowed)[groups].mean())


def _drawn(count: int, seed: int) -> Places:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, count, size=(_DRAWN, count))


def measure(
    ordered: Ordered, learner: Learner, *, training_bytes: int | None, repeats: int, shares: Sequence[float]
) -> Curve:
    """Learns every size, and as many random orders.

    Args:
        ordered: the items in the order in which they are chosen.
        learner: of their texts.
        training_bytes: that the training will see, epochs counted; null: each text once.
        repeats: random orders.
        shares: the sizes, of the bytes that could be chosen.
    """
    sizes = ordered.pool.items["bytes"].to_numpy().astype(np.int64)
    able = ordered.able
    budget = int(sizes[ordered.order].sum())
    ends = [round(share * budget) for share in shares]
    seed = ordered.subset.seed
    walk = _Walk(ordered.pool, learner, sizes, most=min(training_bytes or learner.most, learner.most))
    points = tuple(walk.along(ordered.order, ends, seed=seed))
    whole = points[-1]
    if len(able) > len(ordered.order):
        whole = next(walk.along(able, [int(sizes[able].sum())], seed=seed))
    random = tuple(
        tuple(walk.along(able[np.argsort(chances(ordered.pool.items, other)[able])], ends, seed=other))
        for other in range(seed + 1, seed + 1 + repeats)
    )
    return Curve(points, whole, random, learner.ruler, learner.general, learner.before)


@dataclass(frozen=True, slots=True)
class _Walk:
    pool: Pool
    learner: Learner
    sizes: npt.NDArray[np.int64]
    most: int

    def along(self, order: Places, ends: Sequence[int], *, seed: int) -> Iterator[Point]:
        """A point for the longest beginning of an order that does not pass each of `ends`, bytes, ascending."""
        reached = np.cumsum(self.sizes[order])
        model, before = self.learner.begun(seed), 0
        for end in ends:
            count = max(int(np.searchsorted(reached, end, side="right")), 1)
            size = int(reached[count - 1])
            if size <= self.most:
                model.learn(order[before:count])
                before, learned, told = count, size, model.told()
            else:
                learned, told = self._of_a_part(order[:count], seed)
            yield Point(size / max(int(reached[-1]), 1), count, size, learned, told.bits, told.is_right, told.general)

    def _of_a_part(self, places: Places, seed: int) -> tuple[int, Told]:
        """As many of them, by chance, as the learner may see: their bytes, and what comes of them."""
        drawn = places[np.argsort(chances(self.pool.items, seed)[places], kind="stable")]
        count = max(int(np.searchsorted(np.cumsum(self.sizes[drawn]), self.most, side="right")), 1)
        apart = self.learner.begun(seed)
        apart.learn(drawn[:count])
        return int(self.sizes[drawn[:count]].sum()), apart.told()
