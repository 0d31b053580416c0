"""What each constraint on a subset costs: how many bits per byte, or label, the same size would take without it.

Measured over what a run has on record: caps and floors of the recipe, and the steps over all shards, such as
near-duplicates, whose texts are still there. Those that a rule of the policy keeps out are not on record; whoever has
read them again hands them over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.log import Log
from releases.corpus_steps import decided_away
from releases.subsets.choose import Ordered
from releases.subsets.curve import measure
from releases.subsets.learners import learner_of
from releases.subsets.pool import Pool
from releases.subsets.section import Auto, Subset
from releases.subsets.target import Examples


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one constraint."""

    constraint: str
    """`caps[0]`, `floors[1]`, the name of a step, or a rule of the policy."""
    without: float
    """Bits of the held-out texts, for each byte or label, where the constraint is not."""
    cost: float
    """How many more they take with it; below 0 it is a gain."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which subset it is asked."""

    log: Log
    run: str
    steps: Mapping[str, str]
    """By name, without that of the subset."""
    subset: Subset
    examples: Examples
    auto: Auto
    scratch: Path
    rules: Mapping[str, Path]
    """By rule of the policy, a folder with the texts that it keeps out by itself: `more` of `Pool.of`."""


def costs(asked: Asked, ordered: Ordered, *, size: int, bits: float) -> Iterator[Cost]:
    """One after the other, for each takes a reading of the pool or a learning.

    Args:
        asked: of which subset.
        ordered: its items with all constraints.
        size: bytes at which they are compared.
        bits: at that size, with all constraints.
    """
    for name, subset in _without_bounds(asked.subset):
        other = Ordered.again(ordered, subset, asked.examples)
        yield _cost(name, _at(asked, other, size), bits)
    for name in asked.steps:
        steps = {other: step for other, step in asked.steps.items() if other != name}
        pool = Pool.of(asked.log, asked.run, kind="text", away=decided_away(asked.log, asked.run, steps))
        if pool.items.height > ordered.pool.items.height:
            other = Ordered.of(pool, asked.subset, asked.examples, asked.scratch / name)
            yield _cost(name, _at(asked, other, size), bits)
    away = decided_away(asked.log, asked.run, asked.steps)
    for name, folder in asked.rules.items():
        pool = Pool.of(asked.log, asked.run, kind="text", away=away, more=folder)
        if pool.items.height > ordered.pool.items.height:
            other = Ordered.of(pool, asked.subset, asked.examples, folder / "read")  # goes with its texts
            yield _cost(name, _at(asked, other, size), bits)


def _cost(name: str, without: float, bits: float) -> Cost:
    return Cost(name, without, bits - without)


def _without_bounds(subset: Subset) -> Iterator[tuple[str, Subset]]:
    for kind in ("caps", "floors"):
        bounds = getattr(subset, kind)
        for place in range(len(bounds)):
            left = [each for other, each in enumerate(bounds) if other != place]
            yield f"{kind}[{place}]", subset.model_copy(update={kind: left})


def _at(asked: Asked, ordered: Ordered, size: int) -> float:
    """Bits at a size."""
    whole = int(ordered.pool.items["bytes"].gather(ordered.order).sum())
    shares = (min(size / whole, 1.0),)
    learner = learner_of(ordered, asked.examples, asked.auto, trainings=1)
    curve = measure(ordered, learner, training_bytes=asked.auto.training_bytes, repeats=0, shares=shares)
    return curve.bits(curve.points[0])
