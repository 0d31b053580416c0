"""Which size is enough: the rule, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import polars as pl

from releases.subsets.choose import Ordered
from releases.subsets.curve import Curve, Point, measure
from releases.subsets.extrapolation import Outlook, outlook
from releases.subsets.learner import Ruler
from releases.subsets.learners import Say, Tries, learner_of, silent
from releases.subsets.section import Auto, Budget
from releases.subsets.target import ADVISORY_BELOW, Examples
from tamis.records import Columns

Outcome = Literal["recommended", "budget-limited", "data-limited", "no-gain", "advisory"]

SAID: Final[dict[Outcome, str]] = {
    "recommended": "This much is enough.",
    "budget-limited": "The training sees less than the best subset holds: a longer one could use more.",
    "data-limited": "The curve still falls where the data ends: bring more of it, or train a smaller model.",
    "no-gain": "What was chosen is no better than as much by chance: the target is like the whole.",
    "advisory": "Too few held-out texts to say how sure this is: bring 50 or more.",
}


_CURVE: Columns = {
    "share": pl.Float64,  # of the bytes that could be chosen
    "items": pl.UInt64,
    "bytes": pl.UInt64,
    "learned": pl.UInt64,  # bytes that the learner saw
    "per": pl.String,  # byte or label: what bits are counted for each of
    "bits": pl.Float64,  # of the held-out texts, as the three that follow
    "low": pl.Float64,  # 95 % interval
    "high": pl.Float64,
    "worse_off": pl.Float64,  # share of texts that take noticeably more bits than after the whole
    "accuracy": pl.Float64,  # share of texts whose label is told right; null where none is asked for
    "random": pl.Float64,  # bits after as much by chance, mean; null where that was not measured
    "general": pl.Float64,  # of general texts that were known before, for each byte; null where none are asked for
}
CURVE = pl.Schema(_CURVE)
"""A row for each size, from the smallest to the whole."""


@dataclass(frozen=True, slots=True)
class Size:
    """The smallest size that is good enough, and what the curve says of it."""

    outcome: Outcome
    point: Point
    best: Point
    """The size with the fewest bits."""
    excess: tuple[float, float, float]
    """Over the best, as a share: measured, and the bounds of 90 %."""
    against_whole: tuple[float, float, float]
    """Over the whole."""
    against_random: float | None
    """Over as much by chance, the mean of the repeats; null where there were none."""
    worse_off: float
    """The share of held-out texts that take noticeably more bits than after the whole."""
    ruler: Ruler
    """What shares are of."""
    whole: Point
    """All that was there to be chosen from."""


def size_of(curve: Curve, auto: Auto, *, seed: int) -> Size:
    """The smallest size whose excess over the best is small for sure, and at which few texts are worse off.

    The curve has a best size, for beyond it what is added is about something else; so it is held against its minimum
    and not against its end. With fewer than 50 held-out texts the excess as measured is taken for its bound.
    """
    best = min(curve.points, key=curve.bits)
    is_sure = len(best.bits) >= ADVISORY_BELOW
    enough = [
        point
        for point in curve.points
        if curve.excess(point, best, seed=seed)[2 if is_sure else 0] <= auto.epsilon
        and curve.worse_off(point, by=auto.worse) <= auto.most_worse
    ]
    point = enough[0] if enough else best
    chance = _by_chance(curve, point, seed=seed)
    return Size(
        outcome=_outcome(curve, point, best, auto, chance, is_sure=is_sure, seed=seed),
        point=point,
        best=best,
        excess=curve.excess(point, best, seed=seed),
        against_whole=curve.excess(point, curve.whole, seed=seed),
        against_random=chance,
        worse_off=curve.worse_off(point, by=auto.worse),
        ruler=curve.ruler,
        whole=curve.whole,
    )


def _outcome(  # all that the rule goes by
    curve: Curve, point: Point, best: Point, auto: Auto, chance: float | None, *, is_sure: bool, seed: int
) -> Outcome:
    if not is_sure:
        return "advisory"
    if chance is not None and chance > -auto.epsilon and point.share < 1:
        return "no-gain"
    last, before = curve.points[-1], curve.points[-2] if len(curve.points) > 1 else curve.points[-1]
    if best is last and curve.excess(before, last, seed=seed)[0] > auto.epsilon:
        return "data-limited"
    if auto.training_bytes is not None and best.bytes > auto.training_bytes:
        return "budget-limited"
    return "recommended"


def _by_chance(curve: Curve, point: Point, *, seed: int) -> float | None:
    """How many more bits a point takes than random texts of its size, as a share."""
    if not curve.random:
        return None
    place = curve.points.index(point)
    others = [repeat[place] for repeat in curve.random]
    mean = replace(others[0], bits=np.mean([other.bits for other in others], axis=0))
    return curve.excess(point, mean, seed=seed)[0]


@dataclass(frozen=True, slots=True)
class Before:
    """Bits for each byte, of a model that has learned general text and none of the subset."""

    bits: float
    """Of the held-out texts."""
    general: float
    """Of general texts."""


@dataclass(frozen=True, slots=True)
class Sized:
    """What was measured of a subset's sizes, and what it comes to."""

    size: Size
    curve: pl.DataFrame
    """Schema CURVE."""
    held_out: int
    """Texts that were measured on."""
    learner: Mapping[str, str | int]
    """See `Learner.facts`."""
    before: Before | None
    """Null where the model knows nothing before."""

    @property
    def bits(self) -> float:
        """At the size that is enough."""
        at = self.curve.filter(pl.col("bytes") == self.size.point.bytes)
        return float(at["bits"][0])

    @property
    def general(self) -> float | None:
        """Bits for each byte of general texts, at the size that is enough; null where none are asked for."""
        at = self.curve.filter(pl.col("bytes") == self.size.point.bytes)
        found = at["general"][0]
        return None if found is None else float(found)

    @property
    def outlook(self) -> Outlook:
        """What more would bring, by the sizes that the learner saw all of."""
        seen = self.curve.filter(pl.col("learned") == pl.col("bytes"))
        return outlook(seen["bytes"].to_list(), seen["bits"].to_list())

    @property
    def budget(self) -> Budget:
        """The size as a recipe has it."""
        return Budget(bytes=self.size.point.bytes)


def sized_by(
    ordered: Ordered, examples: Examples, auto: Auto, *, repeats: int | None = None, say: Say = silent
) -> Sized:
    """Measures the sizes of a subset and finds the one that is enough.

    Args:
        ordered: the items in the order in which they are chosen.
        examples: of the target, some of them held out.
        auto: the rule.
        repeats: random orders; with none it is not known whether choosing gains anything. Null: as many as the learner
            has time for.
        say: whom progress is told.

    Raises:
        ConfigError: what the learner needs is not installed.
        ReleaseError: labels are to be told, and there are too many of them.
    """
    tries = Tries.of(auto, repeats)
    learner = learner_of(ordered, examples, auto, trainings=tries.trainings, say=say)
    curve = measure(ordered, learner, training_bytes=auto.training_bytes, repeats=tries.repeats, shares=tries.shares)
    seed = ordered.subset.seed
    rows = []
    for place, point in enumerate(curve.points):
        low, high = curve.interval(point, seed=seed)
        random = [curve.bits(repeat[place]) for repeat in curve.random]
        rows.append(
            {
                "share": point.share,
                "items": point.items,
                "bytes": point.bytes,
                "learned": point.learned,
                "per": curve.ruler.per,
                "bits": curve.bits(point),
                "low": low,
                "high": high,
                "worse_off": curve.worse_off(point, by=auto.worse),
                "accuracy": point.accuracy,
                "random": sum(random) / len(random) if random else None,
                "general": curve.remembered(point),
            }
        )
    found = size_of(curve, auto, seed=seed)
    return Sized(found, pl.DataFrame(rows, schema=CURVE), len(examples.held_out), learner.facts, _before(curve))


def _before(curve: Curve) -> Before | None:
    general = None if curve.before is None else curve.remembered(curve.before)
    if curve.before is None or general is None:
        return None
    return Before(float(curve.before.bits.sum() / curve.ruler.units.sum()), general)
