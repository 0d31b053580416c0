"""Puts pictures into clusters of like ones, so that a subset can have some of each.

What pictures are compared by is on record, and none is opened: the vectors of `image_embedding` where a run has them,
else the bits of pHash and dHash of `picture_hashes` (PDQ has four times as many, and tells less of what is alike:
`docs/benchmarks.md`). Clusters are those of spherical k-means (Dhillon and Modha,
"Concept Decompositions for Large Sparse Text Data Using Clustering", 2001), begun as in Arthur and Vassilvitskii,
"k-means++: The Advantages of Careful Seeding", 2007, on a sample that the pictures' ids and the seed decide.

All is reckoned in whole numbers small enough for every sum to be exact, whatever the order in which a processor adds:
so the same pictures are in the same clusters on any machine, in any order, for any number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isqrt
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.pictures.vectors import vectors_of
from releases.subsets.order import chances
from releases.subsets.pool import Pool
from releases.subsets.section import Subset

EMBEDDING: Final = "image_embedding"
HASHES: Final = "picture_hashes"
"""The filters by whose findings pictures are put into clusters: the first that a run has."""

Vectors = npt.NDArray[np.float32]
"""Rows x dimensions, of whole numbers."""

_SAMPLED: Final = 20_000
"""Pictures that clusters are found in; the others are put into the nearest."""

_MOST: Final = 1_000
"""Clusters, where no number is given."""

_ROUNDS: Final = 25

_TRIES: Final = 4
"""Beginnings, of which the one is taken that ends with pictures nearest to their centres."""

_GRAIN: Final = 32
"""Of whole numbers, the root mean square: a product of two vectors of 4,096 dimensions has 23 bits."""

_COMPARED: Final = ("phash", "dhash")
"""Of 64 bits each."""


def clustered(pool: Pool, subset: Subset) -> Pool:
    """The pool with the cluster of each picture, a number; null where nothing is on record to compare it by.

    Args:
        pool: of pictures.
        subset: how many clusters, and the seed.
    """
    drawn = chances(pool.items, subset.seed)
    is_sampled = np.zeros(pool.items.height, dtype=np.bool_)
    is_sampled[np.argsort(drawn, kind="stable")[:_SAMPLED]] = True
    sampled = [(some[is_sampled[some]], vectors[is_sampled[some]]) for some, vectors in _vectors(pool)]
    if not sampled:
        return pool
    in_turn = np.argsort(drawn[np.concatenate([some for some, _ in sampled])], kind="stable")
    count = subset.clusters or min(max(isqrt(pool.items.height), 2), _MOST)
    centres = _centres(np.concatenate([vectors for _, vectors in sampled])[in_turn], count, seed=subset.seed)
    codes = np.full(pool.items.height, -1, dtype=np.int64)
    for some, vectors in _vectors(pool):
        codes[some] = _nearest(vectors, centres)
    names = [f"{code:04d}" for code in range(len(centres))]
    named = pl.Series("cluster", [names[code] if code >= 0 else None for code in codes], dtype=pl.Categorical())
    return replace(pool, items=pool.items.with_columns(named))


def _vectors(pool: Pool) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
    """Of each shard that has some, the places in the pool of pictures that can be compared, and their vectors."""
    known = {spec["name"] for spec in pool.log.read_run(pool.run)["filters"]}
    read = _embeddings if EMBEDDING in known else _hashes
    for number in pool.shards:
        items = pool.items.filter(pl.col("shard") == number).select("position", owner=pl.col("owner").cast(pl.Int64))
        owners, vectors = read(pool.log.segment_folder(pool.run, number), items)
        if len(owners):
            yield owners, vectors


def _embeddings(folder: Path, items: pl.DataFrame) -> tuple[npt.NDArray[np.int64], Vectors]:
    found = pl.read_parquet(folder / "embeddings.parquet", glob=False)
    first = found.filter((pl.col("filter") == EMBEDDING) & (pl.col("view") == 0))
    rows = items.join(first, on="position", how="inner", validate="1:1", maintain_order="left")
    if rows.is_empty():
        return np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32)
    dimensions = len(rows["vector"][0]) // 2
    return rows["owner"].to_numpy(), _whole(vectors_of(rows, dimensions=dimensions))


def _hashes(folder: Path, items: pl.DataFrame) -> tuple[npt.NDArray[np.int64], Vectors]:
    found = pl.read_parquet(folder / "prints.parquet", glob=False)
    shown = found.filter((pl.col("filter") == HASHES) & (pl.col("view") == "shown"))
    rows = items
    for algorithm in _COMPARED:
        of_hash = shown.filter(pl.col("algorithm") == algorithm).select("position", pl.col("bits_0").alias(algorithm))
        rows = rows.join(of_hash, on="position", how="inner", validate="1:1", maintain_order="left")
    held = np.ascontiguousarray(rows.select(_COMPARED).to_numpy()).astype(">u8").view(np.uint8)
    signs = np.unpackbits(held.reshape(rows.height, 8 * len(_COMPARED)), axis=1).astype(np.float32) * 2 - 1
    return rows["owner"].to_numpy(), signs * _GRAIN


def _whole(vectors: npt.NDArray[np.floating]) -> Vectors:
    """As whole numbers of about the size _GRAIN, whatever the length: what counts is where a vector points to."""
    lengths = np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    scaled = np.divide(
        vectors * (_GRAIN * vectors.shape[1] ** 0.5), lengths, out=np.zeros(vectors.shape), where=lengths > 0
    )
    whole: Vectors = np.clip(np.rint(scaled), -127, 127).astype(np.float32)
    return whole


def _centres(sampled: Vectors, count: int, *, seed: int) -> Vectors:
    """Of `count` clusters, or as many as there are different pictures; the sample is in the order of chance."""
    generator = np.random.Generator(np.random.PCG64(seed))
    found = [_settled(sampled, _begun(sampled, count, generator)) for _ in range(_TRIES)]
    return max(found, key=lambda centres: float(_nearness(sampled, centres).max(axis=1).sum()))


def _settled(sampled: Vectors, centres: Vectors) -> Vectors:
    """The centres moved into the middle of what is nearest to them, until nothing changes any more."""
    before = np.full(len(sampled), -1)
    for _ in range(_ROUNDS):
        nearest = _nearest(sampled, centres)
        if (nearest == before).all():
            break
        before = nearest
        sums = np.zeros(centres.shape, dtype=np.float64)
        np.add.at(sums, nearest, sampled.astype(np.float64))
        has_some = np.bincount(nearest, minlength=len(centres)) > 0
        centres = np.where(has_some[:, np.newaxis], _whole(sums), centres)
    return centres


def _begun(sampled: Vectors, count: int, generator: np.random.Generator) -> Vectors:
    """Centres far from one another: of a few by chance, likelier the farther off, the one that most have near them."""
    lengths = (sampled.astype(np.float64) ** 2).sum(axis=1)

    def distances(places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        products = (sampled @ sampled[places].T).astype(np.float64)
        apart: npt.NDArray[np.float64] = lengths[:, np.newaxis] + lengths[places] - 2 * products
        return apart

    chosen = [int(generator.integers(len(sampled)))]
    farness = distances(np.array(chosen))[:, 0]
    tried = 2 + count.bit_length()
    while len(chosen) < min(count, len(sampled)):
        reached = np.cumsum(farness)
        if reached[-1] <= 0:  # all others are one of them again
            break
        drawn = np.searchsorted(reached[:-1], generator.random(tried) * reached[-1], side="right")
        left = np.minimum(farness[:, np.newaxis], distances(drawn))
        best = int(left.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        farness = left[:, best]
    return sampled[chosen]


def _nearest(vectors: Vectors, centres: Vectors) -> npt.NDArray[np.int64]:
    """The centre of each that it points to most; of several, the first."""
    parts = (vectors[start : start + 4_096] for start in range(0, len(vectors), 4_096))
    return np.concatenate([_nearness(part, centres).argmax(axis=1) for part in parts])


def _nearness(vectors: Vectors, centres: Vectors) -> npt.NDArray[np.float64]:
    """Vectors x centres: the cosine of the angle between them, times the vector's length."""
    lengths = np.sqrt((centres.astype(np.float64) ** 2).sum(axis=1))
    nearness: npt.NDArray[np.float64] = (vectors @ centres.T).astype(np.float64) / np.maximum(lengths, 1)
    return nearness
