"""Is a chosen tenth as good as the whole, and is the size that `tamis size` recommends the right one?
`python benchmarks/subsets.py OPENSTAX.jsonl.gz DOCS.parquet [--targets …] [--seeds N] [--method M] [--record FILE]
[--curve FILE.svg]`.

OPENSTAX has `domain` and `text`, DOCS `text`. Each target is a domain: by seed, 10 % of its documents are examples,
30 % are held out to find the size, 20 % to test it once; the rest lies hidden in the pool with everything else. Bits
per byte on the tested documents, which neither selection nor rule ever saw: after the whole pool, after a chosen tenth,
after a random tenth, after the recommended size; and how far that is from the best of a finer grid. Intervals are of
95 %, by bootstrap over tested documents. The curve is that of the first target and seed, with random orders.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.subsets.choose import Ordered
from releases.subsets.curve import Curve, measure
from releases.subsets.learners import SHARES, learner_of
from releases.subsets.pool import Pool
from releases.subsets.section import Auto, Subset
from releases.subsets.size import size_of, sized_by
from releases.subsets.target import Examples
from reports.size_curve import as_svg

TARGETS = ("anatomy", "economics", "ushistory", "astronomy")
FINE = tuple(sorted({*SHARES, 0.04, 0.06, 0.08, 0.09, 0.12, 0.14, 0.17, 0.23, 0.26, 0.35, 0.4}))
RECIPE = """\
name: mixture
corpora: [{{name: mixture, format: parquet, path: {file}, columns: {{text: text, source: source}}, licence: CC0-1.0}}]
filters: {{licence: {{}}}}
policy: policy.yaml
release: {{name: mixture, version: "1"}}
"""
POLICY = 'name: all\nversion: "1"\nlicence: {allow: [public_domain], on_conflict: hold}\nlimits: []\n'


@dataclass(frozen=True)
class Cell:
    """A target and a seed."""

    target: str
    seed: int
    hidden: float
    whole: float
    chosen: float
    chosen_against_whole: tuple[float, float]
    random: float
    share: float
    outcome: str
    recommended: float
    recommended_against_whole: tuple[float, float]
    regret: float
    seconds: float


def mixture(openstax: Path, docs: Path) -> pl.DataFrame:
    """All texts with the domain as `source`."""
    with gzip.open(openstax, "rt") as lines:
        books = pl.DataFrame([{"source": row["domain"], "text": row["text"]} for row in map(json.loads, lines)])
    others = pl.read_parquet(docs, columns=["text"]).select(pl.lit("documentation").alias("source"), "text")
    return pl.concat([books, others]).filter(pl.col("text").str.strip_chars() != "").unique("text", maintain_order=True)


def curated(texts: pl.DataFrame, folder: Path) -> Pool:
    """A run whose policy lets all of them stay that claim no other licence themselves, and what stays."""
    file = folder / "mixture.parquet"
    texts.write_parquet(file)
    (folder / "recipe.yaml").write_text(RECIPE.format(file=file))
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    outcome = curate_all(workspace, Means(0, quiet=True))
    nothing = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})
    return Pool.of(workspace.log, outcome.run, kind="text", away=nothing)


@dataclass(frozen=True)
class Parted:
    """A target taken apart."""

    ordered: Ordered
    """What is there to be chosen from, in order."""
    texts: pl.Series
    """Of it."""
    examples: Examples
    """Held out are first those that the size is found on, then those that it is tested on."""
    found_on: int


def parted(pool: Pool, texts: pl.Series, target: str, seed: int, method: str, scratch: Path) -> Parted:  # noqa: PLR0917
    """The split of a target and the order that its examples give."""
    own = np.flatnonzero((pool.items["source"].cast(pl.String) == target).to_numpy())
    drawn = np.random.default_rng(seed).permutation(own)
    fit, dev, test, _ = np.split(drawn, np.cumsum([round(share * len(own)) for share in (0.1, 0.3, 0.2)]))
    left = np.ones(pool.items.height, dtype=np.bool_)
    left[np.concatenate([fit, dev, test])] = False
    items = pool.items.filter(pl.Series(left)).with_columns(owner=pl.int_range(pl.len(), dtype=pl.UInt32))
    examples = Examples(texts[fit], texts[np.concatenate([dev, test])], f"{target}-{seed}")
    asked = {"method": method, "target": {"examples": ["-"]}, "budget": {"auto": {}}, "seed": seed}
    rest = replace(pool, items=items)
    ordered = Ordered.of(rest, Subset.model_validate(asked), examples, scratch / f"{method}-{target}-{seed}")
    return Parted(ordered, texts.filter(pl.Series(left)), examples, len(dev))


def cell(pool: Pool, texts: pl.Series, target: str, seed: int, method: str, scratch: Path) -> Cell:  # noqa: PLR0917
    """Everything that is asked of one target and seed."""
    begun = time.process_time()
    part = parted(pool, texts, target, seed, method, scratch)
    ordered, rest, examples, dev = part.ordered, part.ordered.pool, part.examples, range(part.found_on)
    learner = learner_of(ordered, examples, Auto())
    curve = measure(ordered, learner, training_bytes=None, repeats=0, shares=FINE)
    by_chance = measure(
        replace(ordered, order=_chance(rest, seed)), learner, training_bytes=None, repeats=0, shares=(0.1,)
    )
    of_dev, of_test = _part(curve, slice(0, len(dev))), _part(curve, slice(len(dev), None))
    coarse = replace(
        of_dev, points=tuple(point for point, share in zip(of_dev.points, FINE, strict=True) if share in SHARES)
    )
    size = size_of(coarse, Auto(), seed=seed)
    place = [point.bytes for point in curve.points].index(size.point.bytes)
    tenth, at = of_test.points[FINE.index(0.1)], of_test.points[place]
    best = min(of_test.bits(point) for point in of_test.points)
    return Cell(
        target=target,
        seed=seed,
        hidden=float(
            rest.items.filter(rest.items["source"].cast(pl.String) == target)["bytes"].sum() / rest.items["bytes"].sum()
        ),
        whole=of_test.bits(of_test.whole),
        chosen=of_test.bits(tenth),
        chosen_against_whole=_bounds(of_test, tenth.bits, of_test.whole.bits, seed),
        random=of_test.bits(_part(by_chance, slice(len(dev), None)).points[0]),
        share=size.point.share,
        outcome=size.outcome,
        recommended=of_test.bits(at),
        recommended_against_whole=_bounds(of_test, at.bits, of_test.whole.bits, seed),
        regret=of_test.bits(at) / best - 1,
        seconds=time.process_time() - begun,
    )


def _chance(pool: Pool, seed: int) -> np.ndarray:
    from releases.subsets.order import chances

    return np.argsort(chances(pool.items, seed + 100))


def _part(curve: Curve, which: slice) -> Curve:
    """The curve of some of its held-out texts."""
    points = tuple(replace(point, bits=point.bits[which]) for point in curve.points)
    whole = replace(curve.whole, bits=curve.whole.bits[which])
    return replace(curve, points=points, whole=whole, ruler=curve.ruler.of(which))


def _bounds(curve: Curve, some: np.ndarray, others: np.ndarray, seed: int) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).integers(0, len(some), size=(2000, len(some)))
    low, high = np.quantile(some[drawn].sum(axis=1) / others[drawn].sum(axis=1) - 1, (0.025, 0.975))
    return float(low), float(high)


def cells(pool: Pool, arguments: argparse.Namespace, scratch: Path) -> Iterator[Cell]:
    texts = pl.concat([batch["text"] for batch in pool.texts()])
    for target in arguments.targets:
        for seed in range(arguments.seeds):
            yield cell(pool, texts, target, seed, arguments.method, scratch)


_HEAD = ("target", "seed", "hidden", "whole", "10 %", "against whole", "random", "enough", "at it", "against whole")
_HEAD += ("regret", "CPU s", "")
_ROW = "{:<10} {:>4} {:>6} {:>7} {:>7} {:>15} {:>7} {:>6} {:>7} {:>15} {:>6} {:>5}  {}"


def _row(one: Cell) -> str:
    ours, size = (
        f"{100 * low:+.1f} to {100 * high:+.1f} %"
        for low, high in (one.chosen_against_whole, one.recommended_against_whole)
    )
    figures = (f"{each:.4f}" for each in (one.whole, one.chosen, one.random, one.recommended))
    whole, chosen, random, recommended = figures
    shares = (f"{one.hidden:.1%}", f"{one.share:.0%}", f"{one.regret:.2%}")
    hidden, share, regret = shares
    told = (one.target, one.seed, hidden, whole, chosen, ours, random, share, recommended, size, regret)
    return _ROW.format(*told, round(one.seconds), one.outcome)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("openstax", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--method", default="linear")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--curve", type=Path)
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        pool = curated(mixture(arguments.openstax, arguments.docs), Path(folder))
        print(f"{pool.items.height:,} texts stay, {int(pool.items['bytes'].sum()):,} bytes; {arguments.method}")
        print(_ROW.format(*_HEAD))
        if arguments.curve:
            texts = pl.concat([batch["text"] for batch in pool.texts()])
            part = parted(pool, texts, arguments.targets[0], 0, arguments.method, Path(folder))
            arguments.curve.write_text(as_svg(sized_by(part.ordered, part.examples, Auto())))
        for one in cells(pool, arguments, Path(folder)):
            found.append(one)
            print(_row(one), flush=True)
    within = sum(one.regret <= 0.02 for one in found)
    better = sum(one.chosen <= one.whole for one in found)
    print(f"{better} of {len(found)}: a chosen tenth at or below the whole")
    print(f"{within} of {len(found)}: the recommended size within 2 % of the best of the fine grid")
    if arguments.record:
        arguments.record.write_text("".join(json.dumps(one.__dict__) + "\n" for one in found))


if __name__ == "__main__":
    main()
