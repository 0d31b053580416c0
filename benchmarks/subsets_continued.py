"""What does a model that is trained on win of its target, and what does it forget, with and without replay?
`python benchmarks/subsets_continued.py OPENSTAX.jsonl.gz DOCS.parquet [--targets …] [--training continued]
[--learner ngram] [--training-bytes N] [--general-bytes N] [--shares …]
[--replays …]`.

Texts, splits and orders are those of `subsets.py`, seed 0. The learner knows a part of the pool before, by chance; 200
texts of the pool are held out and learned by nobody. For each replay and size: bits per byte on held-out
documents of the target, and on the general texts; before, and after. The same from scratch, for the target.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import subsets

from releases.subsets.choose import Ordered
from releases.subsets.curve import measure
from releases.subsets.learners import learner_of
from releases.subsets.section import Auto, General

REPLAYS = (0.0, 0.1, 0.3)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def rules(arguments: argparse.Namespace) -> Iterator[tuple[str, float, Auto]]:
    """What is measured: a name, the replay, and the rule."""
    common = {"learner": arguments.learner, "training_bytes": arguments.training_bytes}
    yield "scratch", 0.0, Auto(**common)
    known = Auto(**common, training=arguments.training, general=General(bytes=arguments.general_bytes))
    for replay in arguments.replays:
        yield f"{arguments.training}, replay {replay:g}", replay, known


def told(pool: subsets.Pool, target: str, arguments: argparse.Namespace, scratch: Path) -> None:
    texts = pl.concat([batch["text"] for batch in pool.texts()])
    part = subsets.parted(pool, texts, target, 0, "linear", scratch)
    print(f"\n{target}: {arguments.learner}, training bytes {arguments.training_bytes}")
    print(f"{'':<24} {'':<8}", *(f"{share:>8.0%}" for share in arguments.shares), "  CPU s")
    for name, replay, auto in rules(arguments):
        begun = time.process_time()
        subset = part.ordered.subset.model_copy(update={"replay": replay})
        ordered = Ordered.again(part.ordered, subset, part.examples)
        learner = learner_of(ordered, part.examples, auto)
        curve = measure(ordered, learner, training_bytes=arguments.training_bytes, repeats=0, shares=arguments.shares)
        seconds = time.process_time() - begun
        if curve.before is not None:
            before = curve.before.bits.sum() / curve.ruler.units.sum()
            print(f"{name:<24} before: target {before:.4f}, general {curve.remembered(curve.before):.4f}")
        print(f"{name:<24} {'target':<8}", *(f"{curve.bits(point):8.4f}" for point in curve.points), f"{seconds:7.0f}")
        if curve.before is not None:
            print(f"{name:<24} {'general':<8}", *(f"{curve.remembered(point):8.4f}" for point in curve.points))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("openstax", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--targets", nargs="+", default=["anatomy", "economics"])
    parser.add_argument("--training", choices=["continued", "fine_tuning"], default="continued")
    parser.add_argument("--learner", choices=["ngram", "transformer"], default="ngram")
    parser.add_argument("--training-bytes", type=int)
    parser.add_argument("--general-bytes", type=int)
    parser.add_argument("--replays", type=float, nargs="+", default=REPLAYS)
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pool = subsets.curated(subsets.mixture(arguments.openstax, arguments.docs), Path(folder))
        for target in arguments.targets:
            told(pool, target, arguments, Path(folder))


if __name__ == "__main__":
    main()
