"""Does a tenth of the pictures, stratified by cluster, hold more of what there is than a random tenth?
`python benchmarks/subsets_pictures.py DIGITS.csv.gz [--seeds N] [--choices C] [--decay D]`.

DIGITS is what scikit-learn ships as `sklearn/datasets/data/digits.csv.gz`: 1,797 written digits of 8 x 8 pixels, 64
numbers and the digit on each line. By seed, 30 % are held out; of the rest each next digit, in an order that the seed
draws, keeps D times as many as the one before, so that some are rare. They are curated as pictures of 64 x 64 with
`picture_hashes`, and a tenth is chosen C times, each with a seed of its own: by chance; by chance with each cluster's
share kept; with equal shares of clusters. Means over the choices: the share of clusters that are in the tenth, the
digits that are, the fewest pictures of a digit, and how many held-out pictures, of all digits alike, a classifier tells
right (the nearest neighbour by pixels); after all pictures, too. No label is seen by any choice.
"""

from __future__ import annotations

import argparse
import gzip
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.subsets.choose import Ordered, choose
from releases.subsets.pool import Pool
from releases.subsets.section import Budget, Subset

WAYS = {
    "random": {},
    "strata: cluster": {"strata": "cluster"},
    "… equal shares": {"strata": "cluster", "strata_shares": "equal"},
}
SHARE = 0.1
RECIPE = """\
name: digits
corpora: [{name: digits, format: parquet, path: digits.parquet, columns: {image: image}, licence: CC0-1.0}]
filters: {licence: {}, picture_hashes: {}}
policy: policy.yaml
release: {name: digits, version: "1"}
"""
POLICY = """\
name: all
version: "1"
licence: {allow: [public_domain]}
limits: [{filter: picture_hashes, measure: width, below: 2, outcome: drop}]
"""


def drawn(digits: np.ndarray, seed: int, decay: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of the held-out digits, and of those that are there to be chosen."""
    generator = np.random.default_rng(seed)
    turned = generator.permutation(len(digits))
    held_out, left = np.split(turned, [round(0.3 * len(digits))])
    kept = []
    for place, digit in enumerate(generator.permutation(10)):
        own = left[digits[left] == digit]
        kept.append(own[: max(round(len(own) * decay**place), 3)])
    return held_out, generator.permutation(np.concatenate(kept))


def curated(pixels: np.ndarray, digits: np.ndarray, folder: Path) -> Pool:
    rows = [
        {"image": png(each), "label": str(digit), "id": str(place)}
        for place, (each, digit) in enumerate(zip(pixels, digits, strict=True))
    ]
    pl.DataFrame(rows).write_parquet(folder / "digits.parquet")
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    outcome = curate_all(workspace, Means(0, quiet=True))
    nothing = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})
    return Pool.of(workspace.log, outcome.run, kind="image", away=nothing)


def png(pixels: np.ndarray) -> bytes:
    small = Image.fromarray((pixels.reshape(8, 8) * 15.9375).astype(np.uint8))
    written = io.BytesIO()
    small.resize((64, 64), Image.Resampling.BILINEAR).save(written, "PNG")
    return written.getvalue()


def right(known: np.ndarray, labels: np.ndarray, asked: np.ndarray, wanted: np.ndarray) -> float:
    """The share of pictures whose nearest neighbour is of their digit; each digit counts alike."""
    apart = (asked**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * asked @ known.T
    is_right = labels[apart.argmin(axis=1)] == wanted
    return float(np.mean([is_right[wanted == digit].mean() for digit in range(10)]))


def rows(
    table: np.ndarray, seed: int, arguments: argparse.Namespace
) -> Iterator[tuple[str, float, float, float, float]]:
    """Way, share of clusters, digits, fewest of a digit, told right: of each choice by each way."""
    pixels, digits = table[:, :64], table[:, 64].astype(int)
    held_out, there = drawn(digits, seed, arguments.decay)
    with tempfile.TemporaryDirectory() as folder:
        pool = curated(pixels[there], digits[there], Path(folder))
        for chance in range(100 * seed, 100 * seed + arguments.choices):
            of_way = {way: Ordered.of(pool, subset_of(chance, way), None, Path()) for way in WAYS}
            clusters = of_way["strata: cluster"].pool.items["cluster"].cast(pl.String)
            for way, ordered in of_way.items():
                budget = Budget(items=round(SHARE * len(there)))
                chosen = choose(ordered, budget=budget, release="digits@1", digest="").choices
                places = chosen["position"].to_numpy()[chosen["chosen"].to_numpy()].astype(int)
                counts = np.bincount(digits[there][places], minlength=10)
                told = right(pixels[there][places], digits[there][places], pixels[held_out], digits[held_out])
                covered = clusters.gather(pl.Series(places)).n_unique() / clusters.n_unique()
                yield way, covered, float((counts > 0).sum()), float(counts.min()), told
    whole = right(pixels[there], digits[there], pixels[held_out], digits[held_out])
    yield "all", 1.0, 10.0, float(np.bincount(digits[there]).min()), whole


def subset_of(seed: int, way: str) -> Subset:
    return Subset.model_validate(
        {"kind": "image", "method": "random", "budget": {"share": SHARE}, "seed": seed, **WAYS[way]}
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("digits", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--choices", type=int, default=20)
    parser.add_argument("--decay", type=float, default=0.7)
    arguments = parser.parse_args()
    with gzip.open(arguments.digits, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",")
    found = [(seed, *row) for seed in range(1, arguments.seeds + 1) for row in rows(table, seed, arguments)]
    print(f"{'':<16} {'clusters':>9} {'digits':>7} {'fewest':>7} {'right':>7}  by seed")
    for way in (*WAYS, "all"):
        covered, kinds, fewest, told = np.mean([row[2:] for row in found if row[1] == way], axis=0)
        by_seed = [
            np.mean([row[5] for row in found if row[:2] == (seed, way)]) for seed in range(1, arguments.seeds + 1)
        ]
        said = ", ".join(f"{100 * each:.1f}" for each in by_seed)
        print(f"{way:<16} {100 * covered:8.1f}% {kinds:7.1f} {fewest:7.1f} {100 * told:6.1f}%  {said}")


if __name__ == "__main__":
    main()
