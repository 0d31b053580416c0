"""Who stands for whom among texts that are nearly the same: the leader rule, over texts that share a band.

Texts are gone through in a given order. One whose similarity with a text that stays reaches the limit is its follower,
of several the first in the order; any other stays. So each follower is that similar to the very text that is kept in
its place: there are no chains in which A stands for C only because both are similar to B.

Compared are texts that share a band: some minima in a row that are all equal. A band whose value several texts have is
a bucket, and no pairs are made of it: each text goes through those of its buckets that stay already, so that 50,000
copies of one text are 50,000 comparisons. Of more than MOST that stay in a bucket only the first MOST are looked at:
texts after one template, all of them different.

Bands are joined one at a time, by sorting: 8 bytes a text and what sorting takes, whatever the number of bands. Minima
and bands lie in a file meanwhile.
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

from filters.text.compiled import compiled
from filters.text.minhash import Hashes
from releases.unnamed_file import mapped

Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Buckets = npt.NDArray[np.int32]

ENOUGH: Final = 0.9
"""So many of the pairs that are exactly as similar as the limit share a band."""

MOST: Final = 256

_FNV: Final = np.uint64(0x100000001B3)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT: Final = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Bands:
    """How many bands of how many minima each."""

    count: int
    rows: int

    @classmethod
    def of(cls, similarity: float, minima: int) -> Self:
        """With as many rows as can be, so that few are compared in vain, while ENOUGH are found at that similarity."""
        fitting = (cls(minima // rows, rows) for rows in range(minima, 0, -1))
        return next((each for each in fitting if each.found_at(similarity) >= ENOUGH), cls(minima, 1))

    def found_at(self, similarity: float) -> float:
        """The chance that two texts share a band (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4)."""
        return float(1 - (1 - similarity**self.rows) ** self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Minima:
    """The minima of texts by their place in the order, and their bands, in a file that nobody else sees."""

    values: Hashes
    """Texts x minima."""
    keys: Keys
    """Bands x texts."""
    present: Flags
    """Of which texts there are any."""
    bands: Bands
    maps: tuple[mmap.mmap, ...]

    @classmethod
    def gathered(cls, frames: Iterable[pl.DataFrame], count: int, *, bands: Bands, width: int, scratch: Path) -> Self:
        """Puts the minima of some of `count` texts in order.

        Args:
            frames: `owner`, the place in the order, and `minima`, as in MINHASHES.
            count: how many texts there are.
            bands: into which they are cut.
            width: how many minima a text has.
            scratch: a folder on a disk with room for 4 bytes a minimum and 8 a band.

        Raises:
            OSError: it has not.
        """
        maps = (mapped(count * width * 4, scratch), mapped(count * bands.count * 8, scratch))
        values = np.frombuffer(maps[0], dtype=np.uint32, count=count * width).reshape(count, width)
        keys = np.frombuffer(maps[1], dtype=np.uint64, count=count * bands.count).reshape(bands.count, count)
        present = np.zeros(count, dtype=bool)
        made = cls(values, keys, present, bands, maps)
        for frame in frames:
            owner = frame["owner"].to_numpy()
            rows = np.frombuffer(b"".join(frame["minima"]), dtype="<u4").reshape(-1, width)
            values[owner] = rows
            keys[:, owner] = _band_keys(rows, bands.count, bands.rows).T
            present[owner] = True
            made.let_go()
        return made

    def let_go(self) -> None:
        """Has the system count what lies in the file no longer as memory of this process."""
        for each in self.maps:
            each.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True, slots=True, eq=False)
class Followers:
    """What became of each text, by its place in the order."""

    leader: Places
    """The place of the text that it follows; -1 if it stays."""
    equal: Places
    """How many minima are equal to that one's; of those that follow none it means nothing."""
    compared: Flags
    """Whether it shares a band with one before it that stays."""
    crowded: Flags
    """Whether more than MOST that stay were in a bucket of its, and not all were looked at."""


def find_followers(minima: Minima, *, before: int, enough: int, most: int = MOST) -> Followers:
    """Goes through the texts in their order.

    Args:
        minima: of the texts.
        before: how many of the first stay whatever comes.
        enough: so many minima must be equal.
        most: see MOST.
    """
    rows, buckets, known = _buckets(minima)
    leader, equal, compared, crowded = _go_through(minima.values, rows, buckets, known, before, enough, most)
    count = len(minima.present)
    told = Followers(np.full(count, -1), np.zeros(count, np.int64), np.zeros(count, bool), np.zeros(count, bool))
    told.leader[rows] = np.where(leader >= 0, rows[leader], -1) if len(rows) else leader
    told.equal[rows], told.compared[rows], told.crowded[rows] = equal, compared, crowded
    return told


def _buckets(minima: Minima) -> tuple[Places, Buckets, int]:
    """Texts that share a band with another, ascending; of each its bucket in each band, or -1; how many there are."""
    present = np.flatnonzero(minima.present)
    shares = np.zeros(len(minima.present), dtype=bool)
    found: list[tuple[Places, Buckets]] = []
    known = 0
    for band in range(minima.bands.count):
        keys = minima.keys[band][present]
        ordered = np.sort(keys)
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        places, numbers = places_of(repeated, keys)
        shares[present[places]] = True
        found.append((present[places], numbers + np.int32(known)))
        known += len(repeated)
        minima.let_go()
    rows = np.flatnonzero(shares)
    buckets = np.full((len(rows), len(found)), -1, dtype=np.int32)
    for band, (places, numbers) in enumerate(found):
        buckets[np.searchsorted(rows, places), band] = numbers
    return rows, buckets, known


def places_of(wanted: Keys, keys: Keys) -> tuple[Places, Buckets]:
    """Where in `keys` the wanted ones are, which ascend, and which each is.

    Sorting keys and looking up those that are there twice takes a fifth of what sorting their places takes.
    """
    bits = min(24, max(1, len(wanted)).bit_length())
    drawers = np.searchsorted(wanted, np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits))
    return _looked_up(wanted, keys, np.append(drawers, len(wanted)), np.uint64(64 - bits))


@compiled
def _looked_up(wanted: Keys, keys: Keys, drawers: Places, shift: np.uint64) -> tuple[Places, Buckets]:
    """Keys are spread evenly, so few of the wanted have the same first bits, and lie in one drawer."""
    places = np.empty(len(keys), dtype=np.int64)
    numbers = np.empty(len(keys), dtype=np.int32)
    count = 0
    for place in range(len(keys)):
        key = keys[place]
        drawer = np.int64(key >> shift)
        for each in range(drawers[drawer], drawers[drawer + 1]):
            if wanted[each] == key:
                places[count], numbers[count] = place, each
                count += 1
    return places[:count].copy(), numbers[:count].copy()


@compiled
def _band_keys(minima: Hashes, count: int, rows: int) -> Keys:
    keys = np.empty((len(minima), count), dtype=np.uint64)
    for text in range(len(minima)):
        for band in range(count):
            key = np.uint64(band + 1)
            for row in range(band * rows, band * rows + rows):
                key = (key ^ np.uint64(minima[text, row])) * _FNV
                key = (key ^ (key >> _SHIFT)) * _MIX
            keys[text, band] = key ^ (key >> _SHIFT)
    return keys


@compiled
def _equal(some: Hashes, other: Hashes) -> int:
    count = 0
    for place in range(len(some)):
        count += some[place] == other[place]
    return count


@compiled
def _go_through(  # noqa: PLR0917 # compiled functions take no keywords
    minima: Hashes, rows: Places, buckets: Buckets, known: int, before: int, enough: int, most: int
) -> tuple[Places, Places, Flags, Flags]:
    """By place in `rows`. Each bucket is a chain of those in it that stay, in their order."""
    count, bands = buckets.shape
    first = np.full(known, -1, dtype=np.int64)
    last = np.full(known, -1, dtype=np.int64)
    following = np.full(count * bands, -1, dtype=np.int64)  # entry: place in `rows` times bands, plus the band
    asked = np.full(count, -1, dtype=np.int64)
    leader = np.full(count, -1, dtype=np.int64)
    equal = np.zeros(count, dtype=np.int64)
    compared = np.zeros(count, dtype=np.bool_)
    crowded = np.zeros(count, dtype=np.bool_)
    for one in range(count):
        for band in range(bands):
            bucket = buckets[one, band]
            entry = first[bucket] if bucket >= 0 and rows[one] >= before else -1
            looked = 0
            while entry >= 0 and not 0 <= leader[one] <= entry // bands:
                if looked == most:
                    crowded[one] = True
                    break
                other = entry // bands
                if asked[other] != one:
                    asked[other] = one
                    compared[one] = True
                    same = _equal(minima[rows[one]], minima[rows[other]])
                    if same >= enough:
                        leader[one], equal[one] = other, same
                looked += 1
                entry = following[entry]
        if leader[one] < 0:
            for band in range(bands):
                bucket = buckets[one, band]
                if bucket >= 0:
                    entry = one * bands + band
                    if first[bucket] < 0:
                        first[bucket] = entry
                    else:
                        following[last[bucket]] = entry
                    last[bucket] = entry
    return leader, equal, compared, crowded
