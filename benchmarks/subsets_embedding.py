"""An order by vectors: what it is worth on written digits, and what it costs. `python benchmarks/subsets_embedding.py
pictures DIGITS.csv.gz` (where open_clip is installed) and `python benchmarks/subsets_embedding.py cost`.

DIGITS is what scikit-learn ships as `sklearn/datasets/data/digits.csv.gz`: 1,797 written digits of 8 x 8 pixels, each
of the ten about as often. They are curated as pictures of 64 x 64 with `image_embedding`, whose network has seeded
random weights, for no trained one could be had: so the figures say that the machinery finds what a network tells
apart, and nothing of any model. Beside it the pixels themselves are taken for vectors. A target is one digit, or two;
some of its pictures, drawn by the seed, are the examples, and all others the pool. How many of the first tenth of the
order are of the target? By chance that is the target's share of the pool. Then with strays: for every ten examples
there is one of another digit, as in lists that people make.

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

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.random_clip import build
from benchmarks.subsets_pictures import png
from catalog.log import Log
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.subsets.nearness import halves_of, nearness
from releases.subsets.order import in_order
from releases.subsets.pool import ITEMS, Pool
from releases.subsets.section import Subset

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
    commands.add_parser("cost")
    one = commands.add_parser("measure")
    for name in ("items", "dimensions", "examples", "in-shard"):
        one.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    if given.command == "pictures":
        pictures(given.digits, given.seeds)
    elif given.command == "cost":
        cost()
    else:
        print(json.dumps(measured(given.items, given.dimensions, given.examples, given.in_shard)))


if __name__ == "__main__":
    main()
