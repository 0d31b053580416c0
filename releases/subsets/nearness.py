"""How near each item of a pool is to a target's examples in meaning or look, by the vectors that are on record.

The score of an item is the mean cosine of its vector with those of the examples that are nearest to it, so that a
target of several kinds is no worse than one of a single kind, whose middle would do. Vectors of the pool are read part
by part; those of the examples are held in memory, 8 bytes a number.

Nothing is rounded on the way: a vector on record has numbers of half precision, whose products are multiples of 2^-48,
so that sums of them in double precision are exact in whatever order they are made. The same vectors have the same
scores on any machine, for any size of parts and number of threads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from releases.subsets.parts import once
from releases.subsets.pool import Pool
from releases.subsets.section import NEAREST, Subset
from tamis.errors import CatalogError, ConfigError

FILTERS: Final[Mapping[str, str]] = {"text": "text_embedding", "image": "image_embedding"}
"""Kind → the filter whose vectors its items are compared by."""

Halves = npt.NDArray[np.float16]
"""Items x dimensions, as they are on record."""

Doubles = npt.NDArray[np.float64]

_AT_ONCE: Final = 4_096
"""Vectors that are read together."""

_COSINES: Final = 2**21
"""That are there at once, or those of one item: 16 MiB."""

_ON_RECORD: Final = np.dtype("<f2")


@dataclass(frozen=True, slots=True)
class Near:
    """Of each item of a pool, in its order; NaN where it has no vector."""

    mean: Doubles
    """Of the cosines with the examples that are nearest."""
    most: Doubles
    """The cosine with the nearest one."""


def expect_vectors(subset: Subset, filters: Collection[str]) -> None:
    """Whether one of the filters that run makes what a subset goes by.

    Raises:
        ConfigError: none does.
    """
    if subset.method == "embedding" and FILTERS[subset.kind] not in filters:
        raise ConfigError(
            f"subset: method embedding goes by the vectors of `{FILTERS[subset.kind]}`, which does not run: add it "
            "under `filters`, with a model."
        )


def nearness(pool: Pool, subset: Subset, target: Halves, scratch: Path) -> Near:
    """Compares all items of a pool with the examples.

    Args:
        pool: of a run that has the vectors on record.
        subset: of which kind, and how many of the nearest examples count.
        target: the vectors of the examples.
        scratch: as of `scores.scored`.

    Raises:
        CatalogError: a vector on record has another number of dimensions.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    examples = _Examples.of(target, nearest=subset.nearest or NEAREST)
    parts = [
        once(scratch / f"near-{number:05d}.npy", partial(_of_shard, pool, number, FILTERS[subset.kind], examples))
        for number in pool.shards
    ]
    together = np.concatenate([np.empty((2, 0)), *parts], axis=1)
    return Near(together[0], together[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Examples:
    vectors: Doubles
    squares: Doubles
    """Of their lengths."""
    nearest: int

    @classmethod
    def of(cls, target: Halves, *, nearest: int) -> _Examples:
        vectors = target.astype(np.float64)
        return cls(vectors, _squares(vectors), min(nearest, len(vectors)))

    def near(self, vectors: Doubles) -> Doubles:
        """2 x vectors: the mean of the largest cosines, and the largest."""
        rows = max(1, _COSINES // len(self.vectors))
        parts = [self._near(vectors[start : start + rows]) for start in range(0, len(vectors), rows)]
        return np.concatenate([np.empty((2, 0)), *parts], axis=1)

    def _near(self, vectors: Doubles) -> Doubles:
        lengths = np.sqrt(np.multiply.outer(_squares(vectors), self.squares))
        nothing = np.full(lengths.shape, np.nan)
        cosines = np.minimum(np.divide(vectors @ self.vectors.T, lengths, out=nothing, where=lengths > 0), 1.0)
        nearest = np.sort(np.partition(cosines, -self.nearest, axis=1)[:, -self.nearest :], axis=1)
        added = np.zeros(len(vectors))
        for column in nearest.T:  # one after the other, for how a sum is parted depends on the processor
            added += column
        return np.stack([added / self.nearest, nearest[:, -1]])


def _squares(vectors: Doubles) -> Doubles:
    squares: Doubles = np.einsum("ij,ij->i", vectors, vectors)
    return squares


def _of_shard(pool: Pool, number: int, name: str, examples: _Examples) -> Doubles:
    """2 x items."""
    positions = pool.items.filter(pl.col("shard") == number).select("position").with_row_index("place")
    found = np.full((2, positions.height), np.nan)
    folder = pool.log.segment_folder(pool.run, number)
    for places, vectors in _vectors(folder / "embeddings.parquet", name, positions):
        if vectors.shape[1] != examples.vectors.shape[1]:
            raise CatalogError(
                f"vectors on record have not {examples.vectors.shape[1]} dimensions. `tamis verify` says more."
            )
        found[:, places] = examples.near(vectors)
    return found


def _vectors(path: Path, name: str, positions: pl.DataFrame) -> Iterator[tuple[npt.NDArray[np.uint32], Doubles]]:
    """Places of items of which there is a vector, and their vectors, part by part; of several views the first."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_AT_ONCE, columns=["position", "filter", "view", "vector"]):
            rows = pl.DataFrame(pl.from_arrow(batch))
            first = rows.filter((pl.col("filter").cast(pl.String) == name) & (pl.col("view") == 0))
            owned = positions.join(first, on="position", how="inner", validate="1:1", maintain_order="left")
            if not owned.is_empty():
                yield owned["place"].to_numpy(), halves_of(owned["vector"]).astype(np.float64)


def halves_of(vectors: pl.Series) -> Halves:
    """Items x dimensions, of vectors as they are on record.

    Raises:
        CatalogError: they are not all of the same number of dimensions.
    """
    if vectors.bin.size().n_unique() != 1:
        raise CatalogError("vectors on record have different numbers of dimensions. `tamis verify` says more.")
    return np.frombuffer(b"".join(vectors), dtype=_ON_RECORD).reshape(len(vectors), -1).astype(np.float16, copy=False)
