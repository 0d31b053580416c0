"""An order by vectors: what it is worth on written digits and on texts, and what it costs. `python
benchmarks/subsets_embedding.py pictures DIGITS.csv.gz` (where open_clip is installed), `... texts MODEL TEXTS.jsonl.gz`
and `... cost`.

DIGITS is what scikit-learn ships as `sklearn/datasets/data/digits.csv.gz`: 1,797 written digits of 8 x 8 pixels, each
of the ten about as often. They are curated as pictures of 64 x 64 with `image_embedding`, whose network has seeded
random weights, for no trained one could be had: so the figures say that the machinery finds what a network tells
apart, and nothing of any model. Beside it the pixels themselves are taken for vectors. A target is one digit, or two;
some of its pictures, drawn by the seed, are the examples, and all others the pool. How many of the first tenth of the
order are of the target? By chance that is the target's share of the pool. Then with strays: for every ten examples
there is one of another digit, as in lists that people make.

`texts` asks the same of a sentence model, beside the methods that go by words: TEXTS has `domain` and `text`, a target
is one domain. MODEL is a folder that `text_embedding` takes. The most that can be is what a target has left, where that
is less than a tenth. Words are those of the whole text, vectors are of `--max-windows` windows, 1 by default: with
`--characters N` texts are cut, so that both go by the same.

`cost` draws vectors by chance and writes them as a run does. Each measurement is a process of its own: seconds of the
processor, of all threads, resident memory at most, and a digest of the scores for other shards and threads.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.random_clip import build
from benchmarks.subsets_pictures import png
from catalog.log import Log
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.subsets.choose import Ordered
from releases.subsets.nearness import halves_of, nearness
from releases.subsets.order import in_order
from releases.subsets.pool import ITEMS, Pool
from releases.subsets.section import Subset
from releases.subsets.target import Examples

RECIPE = """\
name: digits
corpora: [{name: digits, format: parquet, path: digits.parquet, columns: {image: image}, licence: CC0-1.0}]
filters: {licence: {}, image_embedding: {model: "local-dir:MODEL", device: cpu}}
policy: policy.yaml
release: {name: digits, version: "1"}
"""
POLICY = """\
name: all
version: "1"
licence: {allow: [public_domain]}
limits: [{filter: image_embedding, measure: width, below: 2, outcome: drop}]
"""
NEAREST = (1, 3, 5, 10, 10_000)
OF_TEXTS = """\
name: texts
corpora:
  - {name: texts, format: parquet, path: texts.parquet, columns: {text: text, source: domain}, licence: CC0-1.0}
filters: {licence: {}, text_embedding: {model: "MODEL", max_windows: WINDOWS, device: cpu}}
policy: policy.yaml
release: {name: texts, version: "1"}
"""
ANYTHING = """\
name: all
version: "1"
licence: {allow: [public_domain], on_conflict: hold}
limits: [{filter: text_embedding, measure: tokens, below: 1, outcome: drop}]
"""
METHODS = ("embedding", "importance", "linear")


def subset_of(nearest: int, kind: str = "image") -> Subset:
    return Subset.model_validate(
        {
            "kind": kind,
            "method": "embedding",
            "nearest": nearest,
            "target": {"examples": ["-"]},
            "budget": {"share": 0.1},
        }
    )


def curated(pixels: np.ndarray, folder: Path) -> Pool:
    rows = [{"image": png(each), "id": str(place)} for place, each in enumerate(pixels)]
    pl.DataFrame(rows).write_parquet(folder / "digits.parquet")
    model = build(folder / "network")
    (folder / "recipe.yaml").write_text(RECIPE.replace("MODEL", str(model)))
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    outcome = curate_all(workspace, Means(0, quiet=True))
    nothing = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})
    return Pool.of(workspace.log, outcome.run, kind="image", away=nothing)


def planted(vectors: np.ndarray, folder: Path, *, in_shard: int, name: str) -> Pool:
    """A pool of items with these vectors, as a run has them on record."""
    log = Log(folder)
    frames = []
    for number, start in enumerate(range(0, len(vectors), in_shard)):
        some = vectors[start : start + in_shard]
        at = log.segment_folder("r", number)
        at.mkdir(parents=True)
        positions = pl.int_range(len(some), dtype=pl.UInt64, eager=True)
        found = pl.DataFrame({"position": positions, "vector": [each.tobytes() for each in some.astype("<f2")]})
        found.with_columns(view=pl.lit(0, dtype=pl.UInt8), filter=pl.lit(name)).write_parquet(at / "embeddings.parquet")
        frames.append(pl.DataFrame({"position": positions}).with_columns(shard=pl.lit(number, dtype=pl.UInt32)))
    listed = pl.concat(frames).with_row_index("owner")
    known = listed.with_columns(
        item_hi=pl.col("owner").cast(pl.UInt64), item_lo=pl.col("owner").cast(pl.UInt64), bytes=pl.lit(1, pl.UInt64)
    )
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in ITEMS.items() if name not in known.columns]
    return Pool(log, "r", known.with_columns(missing).select(ITEMS.names()))


def on_record(pool: Pool, name: str) -> pl.DataFrame:
    """`position` and `vector` of a pool of one shard."""
    found = pl.read_parquet(pool.log.segment_folder(pool.run, 0) / "embeddings.parquet", glob=False)
    return found.filter((pl.col("filter") == name) & (pl.col("view") == 0)).sort("position")


@dataclass(frozen=True, slots=True)
class Shown:
    """The examples of a target."""

    places: np.ndarray
    wanted: tuple[int, ...]
    """The digits of the target; strays are of others."""

    @classmethod
    def of(cls, digits: np.ndarray, wanted: tuple[int, ...], size: int, *, strays: int, seed: int) -> Shown:
        turned = np.random.default_rng(seed).permutation(len(digits))
        own = [turned[digits[turned] == digit][:size] for digit in wanted]
        others = turned[~np.isin(digits[turned], wanted)][:strays]
        return cls(np.concatenate([*own, others]), wanted)


def precision(pool: Pool, digits: np.ndarray, shown: Shown, *, nearest: int) -> float:
    """The share of the first tenth that is of the target; the examples themselves are not chosen."""
    target = halves_of(on_record(pool, "image_embedding")["vector"])[shown.places]
    rest = replace(pool, items=pool.items.filter(~pl.col("position").is_in(shown.places)))
    subset = subset_of(nearest)
    with tempfile.TemporaryDirectory() as scratch:
        score = nearness(rest, subset, target, Path(scratch)).mean
    order = in_order(rest.items, subset, score)[: round(0.1 * rest.items.height)]
    chosen = digits[rest.items["position"].to_numpy()[order].astype(int)]
    return float(np.isin(chosen, shown.wanted).mean())


def pictures(path: Path, seeds: int) -> None:
    with gzip.open(path, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",")
    pixels, digits = table[:, :64], table[:, 64].astype(int)
    one, two = list(combinations(range(10), 1)), list(combinations(range(10), 2))
    targets = [("one digit", one, 5, 0), ("one digit", one, 20, 0), ("with strays", one, 20, 2)]
    targets += [("two digits", two, 5, 0), ("two digits", two, 20, 0), ("with strays", two, 20, 4)]
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        lengths = np.linalg.norm(pixels, axis=1, keepdims=True)
        pools = {
            "untrained network": curated(pixels, Path(first)),
            "pixels": planted(pixels / lengths, Path(second), in_shard=len(pixels), name="image_embedding"),
        }
        print(f"{'vectors':<18} {'target':<11} {'examples':>8}", *(f"{n:>7}" for n in NEAREST))
        for name, pool in pools.items():
            for kind, each_of, size, strays in targets:
                shown = [
                    Shown.of(digits, wanted, size, strays=strays, seed=seed)
                    for seed in range(seeds)
                    for wanted in each_of
                ]
                means = [np.mean([precision(pool, digits, each, nearest=n) for each in shown]) for n in NEAREST]
                print(f"{name:<18} {kind:<11} {size:>8}", *(f"{100 * mean:6.1f}%" for mean in means), flush=True)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A run over texts of several domains."""

    pool: Pool
    texts: pl.Series
    domains: np.ndarray
    vectors: np.ndarray
    """As they are on record."""

    @classmethod
    def curated(cls, path: Path, model: Path, *, characters: int | None, max_windows: int, folder: Path) -> Self:
        with gzip.open(path, "rt") as lines:
            rows = [{"domain": row["domain"], "text": row["text"][:characters]} for row in map(json.loads, lines)]
        pl.DataFrame(rows).unique("text", maintain_order=True).write_parquet(folder / "texts.parquet")
        recipe = OF_TEXTS.replace("MODEL", str(model.resolve())).replace("WINDOWS", str(max_windows))
        (folder / "recipe.yaml").write_text(recipe)
        (folder / "policy.yaml").write_text(ANYTHING)
        workspace = Workspace.of(folder)
        outcome = curate_all(workspace, Means(0, quiet=True))
        nothing = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})
        pool = Pool.of(workspace.log, outcome.run, kind="text", away=nothing)
        found = pool.items.join(
            on_record(pool, "text_embedding").select("position", "vector"),
            on="position",
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        texts = pl.concat([batch["text"] for batch in pool.texts()])
        return cls(pool, texts, pool.items["source"].cast(pl.String).to_numpy(), halves_of(found["vector"]))

    def shown(self, domain: str, size: int, *, strays: int, seed: int) -> np.ndarray:
        """Places of examples: the strays come from other domains, and are part of the size."""
        turned = np.random.default_rng(seed).permutation(len(self.domains))
        own, others = turned[self.domains[turned] == domain], turned[self.domains[turned] != domain]
        return np.concatenate([own[: size - strays], others[:strays]])

    def first_tenth(self, shown: np.ndarray, domain: str, method: str) -> tuple[float, float, float]:
        """The share of it that is of the domain, the same by chance, and the most that can be."""
        left = np.ones(len(self.domains), dtype=np.bool_)
        left[shown] = False
        items = self.pool.items.filter(pl.Series(left)).with_columns(owner=pl.int_range(pl.len(), dtype=pl.UInt32))
        examples = Examples(self.texts[shown], self.texts[:0], "-", vectors=self.vectors[shown])
        asked = {"method": method, "target": {"examples": ["-"]}, "budget": {"share": 0.1}}
        with tempfile.TemporaryDirectory() as scratch:
            rest = replace(self.pool, items=items)
            order = Ordered.of(rest, Subset.model_validate(asked), examples, Path(scratch)).order
        is_own = self.domains[left] == domain
        tenth = round(0.1 * len(is_own))
        return float(is_own[order[:tenth]].mean()), float(is_own.mean()), min(1.0, is_own.sum() / tenth)


def of_texts(model: Path, path: Path, *, seeds: int, characters: int | None, max_windows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        known = Texts.curated(path, model, characters=characters, max_windows=max_windows, folder=Path(folder))
        print(f"{len(known.domains):,} texts, {max_windows} windows of each")
        print(f"{'target':<14} {'examples':<14} {'most':>7} {'chance':>7}", *(f"{method:>11}" for method in METHODS))
        for size, strays in ((5, 0), (20, 0), (20, 4)):
            kind = f"{size}, {strays} strays" if strays else f"{size}"
            rows = []
            for domain in sorted(set(known.domains)):
                drawn = [known.shown(domain, size, strays=strays, seed=seed) for seed in range(seeds)]
                told = np.array(
                    [[known.first_tenth(each, domain, method) for each in drawn] for method in METHODS]
                ).mean(axis=1)
                rows.append([told[0, 2], told[0, 1], *told[:, 0]])
                _print(domain, kind, rows[-1])
            _print("mean", kind, list(np.mean(rows, axis=0)))


def _print(name: str, kind: str, shares: list[float]) -> None:
    most, chance, *by = (f"{share:.1%}" for share in shares)
    print(f"{name:<14} {kind:<14} {most:>7} {chance:>7}", *(f"{share:>11}" for share in by), flush=True)


def measured(items: int, dimensions: int, examples: int, in_shard: int) -> dict[str, object]:
    generator = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        vectors = generator.normal(size=(items, dimensions)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        target = generator.normal(size=(examples, dimensions))
        target /= np.linalg.norm(target, axis=1, keepdims=True)
        pool = planted(vectors.astype(np.float16), Path(folder) / "store", in_shard=in_shard, name="text_embedding")
        del vectors
        (Path("/proc/self/clear_refs")).write_text("5")  # the most resident memory is counted anew
        before, started = _resident("VmRSS"), time.process_time()
        near = nearness(pool, subset_of(3, "text"), target.astype(np.float16), Path(folder) / "scratch")
        spent = time.process_time() - started
    return {
        "CPU s": round(spent, 2),
        "vectors a CPU s": round(items / spent),
        "MiB before": before,
        "MiB at most": _resident("VmHWM"),
        "scores": hashlib.sha256(near.mean.tobytes()).hexdigest()[:12],
    }


def _resident(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith(f"{name}:"))


def cost() -> None:
    for examples in (20, 100, 1_000, 10_000):
        for in_shard, threads in ((20_000, "1"), (7_001, "1"), (20_000, "2")):
            asked = [
                "--items",
                "100000",
                "--dimensions",
                "384",
                "--examples",
                str(examples),
                "--in-shard",
                str(in_shard),
            ]
            environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
            command = [sys.executable, __file__, "measure", *asked]
            said = subprocess.run(command, capture_output=True, check=True, env=environment).stdout
            print(f"{examples:>6} examples, shards of {in_shard:,}, {threads} threads:", json.loads(said), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    of_pictures = commands.add_parser("pictures")
    of_pictures.add_argument("digits", type=Path)
    of_pictures.add_argument("--seeds", type=int, default=3)
    texts = commands.add_parser("texts")
    texts.add_argument("model", type=Path)
    texts.add_argument("texts", type=Path)
    texts.add_argument("--seeds", type=int, default=3)
    texts.add_argument("--max-windows", type=int, default=1)
    texts.add_argument("--characters", type=int, help="of each text; all, where none are named")
    commands.add_parser("cost")
    one = commands.add_parser("measure")
    for name in ("items", "dimensions", "examples", "in-shard"):
        one.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    if given.command == "pictures":
        pictures(given.digits, given.seeds)
    elif given.command == "texts":
        windows, characters = given.max_windows, given.characters
        of_texts(given.model, given.texts, seeds=given.seeds, characters=characters, max_windows=windows)
    elif given.command == "cost":
        cost()
    else:
        print(json.dumps(measured(given.items, given.dimensions, given.examples, given.in_shard)))


if __name__ == "__main__":
    main()
