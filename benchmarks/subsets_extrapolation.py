"""How far off is a size that was foretold by smaller ones?
`python benchmarks/subsets_extrapolation.py OPENSTAX.jsonl.gz DOCS.parquet [--targets …]`.

For each target, parted as in `subsets.py` with seed 0, sizes are learned along the chosen order and along a random one,
each twice the one before. A power law is fitted to those up to a size, and held against what was measured at twice and
at four times that size, for every size with three smaller ones: mean and worst error as a share of what was measured,
of all such sizes, and the error where the largest was foretold. Of the chosen order that is said again of the part
where the curve still falls, for beyond its lowest point the law cannot hold.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import measure as machine
import polars as pl
from subsets import TARGETS, Parted, _chance, curated, mixture, parted

from releases.subsets.curve import measure
from releases.subsets.extrapolation import FACTORS, LEAST, Foretold, power_law
from releases.subsets.learners import learner_of
from releases.subsets.section import Auto

SHARES = tuple(2.0**-step for step in range(9, -1, -1))
_HEAD = ("target", "order", "factor", "sizes", "mean error", "worst", "of the largest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("openstax", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    given = parser.parse_args()
    print(machine.machine(), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        pool = curated(mixture(given.openstax, given.docs), Path(folder))
        texts = pl.concat([batch["text"] for batch in pool.texts()])
        rows = [
            row
            for target in given.targets
            for row in _rows(target, parted(pool, texts, target, 0, "linear", Path(folder)))
        ]
    print(machine.table(_HEAD, rows))


def _rows(target: str, part: Parted) -> Iterator[list[str]]:
    learner = learner_of(part.ordered, part.examples, Auto())
    chosen = measure(part.ordered, learner, training_bytes=None, repeats=0, shares=SHARES)
    by_chance = replace(part.ordered, order=_chance(part.ordered.pool, 0))
    random = measure(by_chance, learner, training_bytes=None, repeats=0, shares=SHARES)
    for name, curve in (("chosen", chosen), ("random", random)):
        sizes, bits = [point.bytes for point in curve.points], [curve.bits(point) for point in curve.points]
        yield from _held_against(target, name, sizes, bits)
        lowest = bits.index(min(bits)) + 1
        if lowest < len(bits):
            yield from _held_against(target, f"{name}, to its lowest", sizes[:lowest], bits[:lowest])


def _held_against(target: str, name: str, sizes: Sequence[int], bits: Sequence[float]) -> Iterator[list[str]]:
    for factor in FACTORS:
        told = list(_foretold(sizes, bits, factor))
        if told:
            errors = [each.error for each in told]
            mean = sum(map(abs, errors)) / len(errors)
            worst = max(errors, key=abs)
            yield [target, name, str(factor), str(len(told)), f"{mean:.1%}", f"{worst:+.1%}", f"{errors[-1]:+.1%}"]


def _foretold(sizes: Sequence[int], bits: Sequence[float], factor: int) -> Iterator[Foretold]:
    """Every size that is a multiple of another one with enough sizes up to it."""
    steps = {2: 1, 4: 2}[factor]
    for last in range(LEAST - 1, len(sizes) - steps):
        law, at = power_law(sizes[: last + 1], bits[: last + 1]), last + steps
        yield Foretold(factor, sizes[last], sizes[at], law.at(sizes[at]), bits[at])


if __name__ == "__main__":
    main()
