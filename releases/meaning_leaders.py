"""Who stands for whom among texts that say nearly the same: the leader rule, over vectors, by all pairs.

Texts are gone through in a given order. One whose vector has a cosine of at least the limit with that of a text that
stays is its follower, of several the first in the order; any other stays. So each follower is that similar to the very
text that is kept in its place: there are no chains in which A stands for C only because both are similar to B.

Nothing is estimated and nothing is left out: blocks of texts are multiplied with blocks of those before them that stay,
in single precision, and what comes near the limit is reckoned again exactly. For products of half-precision numbers are
multiples of 2^-48, so that sums of them in double precision have no rounding, in whatever order they are made: no
library, processor or number of threads changes an answer. Of n texts that all stay that is n² / 2 products of vectors.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from releases.unnamed_file import mapped
from tamis.errors import CatalogError

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Halves = npt.NDArray[np.float16]
Singles = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

BLOCK: Final = 2048
"""Texts multiplied at once, with as many others: their products are 16 MiB."""

_ON_RECORD: Final = np.dtype("<f2")


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """The vectors of texts by their place in the order, in a file that nobody else sees."""

    values: Halves
    """Texts x dimensions."""
    present: Flags
    """Of which texts there is one."""
    memory: mmap.mmap

    @classmethod
    def gathered(cls, frames: Iterable[pl.DataFrame], count: int, *, dimensions: int, scratch: Path) -> Self:
        """Puts the vectors of some of `count` texts in order.

        Args:
            frames: `owner`, the place in the order, and `vector`, as in EMBEDDINGS.
            count: how many texts there are.
            dimensions: of a vector.
            scratch: a folder on a disk with room for 2 bytes a number.

        Raises:
            OSError: it has not.
            CatalogError: a vector on record has another number of dimensions.
        """
        memory = mapped(count * dimensions * 2, scratch)
        values = np.frombuffer(memory, dtype=_ON_RECORD, count=count * dimensions).reshape(count, dimensions)
        made = cls(values, np.zeros(count, dtype=bool), memory)
        for frame in frames:
            if (frame["vector"].bin.size() != dimensions * 2).any():
                raise CatalogError(f"vectors on record have not {dimensions} dimensions. `tamis verify` says more.")
            owner = frame["owner"].to_numpy()
            values[owner] = np.frombuffer(b"".join(frame["vector"]), dtype=_ON_RECORD).reshape(-1, dimensions)
            made.present[owner] = True
            memory.madvise(mmap.MADV_DONTNEED)
        return made

    def unit(self, rows: Places) -> Singles:
        """Some of them, of unit length but for rounding."""
        some = self.values[rows].astype(np.float32)
        some /= np.linalg.norm(some, axis=1, keepdims=True)
        return some

    def cosines(self, one: int, others: Places) -> Doubles:
        """Of one and some others, exact but for the last division."""
        own, theirs = self.values[one].astype(np.float64), self.values[others].astype(np.float64)
        lengths = np.sqrt((own @ own) * np.einsum("ij,ij->i", theirs, theirs))
        found: Doubles = np.minimum((theirs @ own) / lengths, 1.0)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Followers:
    """What became of each text, by its place in the order."""

    leader: Places
    """The place of the text that it follows; -1 if it stays."""
    cosine: Doubles
    """Of the two vectors; of those that follow none it means nothing."""


def find_followers(vectors: Vectors, *, before: int, at_least: float, block: int = BLOCK) -> Followers:
    """Goes through the texts in their order.

    Args:
        vectors: of the texts.
        before: how many of the first stay whatever comes.
        at_least: the cosine from which on two are nearly the same; above 0.
        block: see BLOCK; it changes no answer.
    """
    search = _Search(vectors, at_least)
    rows = np.flatnonzero(vectors.present)
    staying = rows[rows < before]
    rows = rows[rows >= before]
    for start in range(0, len(rows), block):
        left = rows[start : start + block]
        for place in range(0, len(staying), block):
            left = search.left_by(staying[place : place + block], left)
        staying = np.concatenate([staying, search.staying_of(left)])
        vectors.memory.madvise(mmap.MADV_DONTNEED)
    return search.found


class _Search:
    def __init__(self, vectors: Vectors, at_least: float) -> None:
        count, dimensions = vectors.values.shape
        self.found = Followers(np.full(count, -1, dtype=np.int64), np.zeros(count))
        self._vectors = vectors
        self._at_least = at_least
        self._near = np.float32(at_least - dimensions * 2.0**-22)
        """Above what rounding in single precision can hide of the limit."""

    def left_by(self, leaders: Places, others: Places) -> Places:
        """Those that follow none of these leaders, all of which come before them and stay."""
        if not len(others):
            return others
        near = self._vectors.unit(others) @ self._vectors.unit(leaders).T >= self._near
        for row in np.flatnonzero(near.any(axis=1)):
            self._follow(int(others[row]), leaders[near[row]])
        return others[self.found.leader[others] < 0]

    def staying_of(self, some: Places) -> Places:
        """Those that follow none of the others before them."""
        if not len(some):
            return some
        unit = self._vectors.unit(some)
        near = np.tril(unit @ unit.T >= self._near, -1)
        touched: Flags = np.logical_or.reduce(near, axis=1)
        stays: Flags = np.logical_not(touched)
        for row in np.flatnonzero(touched):
            self._follow(int(some[row]), some[near[row] & stays])
            stays[row] = self.found.leader[some[row]] < 0
        return some[stays]

    def _follow(self, one: int, candidates: Places) -> None:
        """Of those that are as similar as the limit, the first."""
        cosines = self._vectors.cosines(one, candidates)
        close = np.flatnonzero(cosines >= self._at_least)
        if len(close):
            self.found.leader[one] = candidates[close[0]]
            self.found.cosine[one] = cosines[close[0]]
