"""All pairs of perceptual hashes within a Hamming radius, and all entries of a list within it: none is missed.

Multi-index hashing (Norouzi, Punjani, Fleet, CVPR 2012): a hash is cut into bands of 16 bits. Two hashes that differ in
at most `d` bits differ by little in at least one band, so only hashes whose band is equal, or nearly so, are compared.
With `m` bands and `d = m r + a`, one of the first `a + 1` bands differs in at most `r` bits or one of the others in at
most `r - 1`: else the sum would be `d + 1`. Bands are gone through one at a time, candidates in chunks, so that memory
is bounded by the hashes and by what is found. A pair is reported by the first band that shows it, hence once.

Where bits are far from independent (many distinct hashes share a band), more candidates are compared: it takes longer,
and nothing is skipped. The worst case is the comparison of all with all, which is also what is done where the radius is
so large, or the hashes so few, that the bands would spare little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

WORD = 64
BAND = 16

_BUCKETS = 1 << BAND
_VISIT, _CANDIDATE = 6, 2
"""What going to a bucket and taking a hash out of it cost, beside comparing two hashes in a row: measured."""

_CHUNK = 1 << 18
"""Candidates compared at a time: a few megabytes, which stay in the processor's cache."""


class Pairs(NamedTuple):
    """Pairs of a set of hashes: places in it, `left` below `right`, and the bits in which they differ."""

    left: Places
    right: Places
    distance: NDArray[np.uint16]


class Matches(NamedTuple):
    """Pairs of a query and an entry: the place of each, and the bits in which they differ."""

    query: Places
    entry: Places
    distance: NDArray[np.uint16]


class HashIndex:
    """Hashes to be searched: shape (n,) for 64 bits or (n, words) for words of 64 bits each, dtype uint64.

    Raises:
        ValueError: another dtype or shape.
    """

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = _as_words(hashes)

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def bits(self) -> int:
        """How many bits a hash has."""
        return int(self._hashes.shape[1]) * WORD

    @cached_property
    def first(self) -> Places:
        """For each hash the lowest place that holds an equal one: its own where it is the first."""
        return _first_of_equal(self._hashes)

    def pairs(self, radius: int) -> Pairs:
        """Every pair of hashes that differ in at most `radius` bits, sorted by (left, right).

        Equal hashes are told as a star, not as all their pairs, which would be half a million for a thousand of them:
        each is paired with the first that is equal to it (distance 0), and only that first one with different hashes.
        All pairs are those of `first[left]` and `first[right]` read for all that share them.
        """
        distinct = np.flatnonzero(self.first == np.arange(len(self)))
        later = np.flatnonzero(self.first != np.arange(len(self)))
        found = [(self.first[later], later, np.zeros(len(later), dtype=np.uint16))]
        for left, right, distance in _all_pairs(self._hashes[distinct], self._checked(radius)):
            found.append((distinct[left], distinct[right], distance))
        return Pairs(*_sorted(found))

    def all_pairs(self, radius: int) -> Iterator[Pairs]:
        """Every pair within the radius, those of equal hashes too, in chunks of any order."""
        return _all_pairs(self._hashes, self._checked(radius))

    def lookup(self, queries: Hashes, radius: int) -> Matches:
        """Every (query, entry) that differ in at most `radius` bits, sorted so; equal entries are all named.

        Raises:
            ValueError: the queries are not of the entries' size.
        """
        return Matches(*_sorted(list(self.matches(queries, radius))))

    def matches(self, queries: Hashes, radius: int) -> Iterator[Matches]:
        """What `lookup` finds, in chunks of any order: for callers who keep but little of very many."""
        asked = _as_words(queries)
        if asked.shape[1] != self._hashes.shape[1]:
            raise ValueError(f"queries of {asked.shape[1] * WORD} bits against entries of {self.bits}")
        radii = _radii(self.bits, self._checked(radius))
        if _bands_spare_little(len(self), radii):
            yield from _all_with_all(asked, self._hashes, radius)
            return
        for number, within in enumerate(radii):
            yield from self._matches_of_band(asked, number, radii=radii, radius=radius, masks=_masks(within))

    def _matches_of_band(
        self, asked: Hashes, number: int, *, radii: tuple[int, ...], radius: int, masks: NDArray[np.int64]
    ) -> Iterator[Matches]:
        band = self._bands[number]
        keys = _band_of(asked, number)
        order = np.argsort(keys, kind="stable")
        asked, keys = asked[order], keys[order].astype(np.int64)
        for mask in masks:
            starts, ends = band.starts[keys ^ mask], band.starts[(keys ^ mask) + 1]
            for rows, places in _candidates(starts, ends):
                entries = band.order[places]
                which, distance = _within(asked[rows], self._hashes[entries], radius, number=number, radii=radii)
                yield Matches(order[rows[which]], entries[which].astype(np.int64), distance)

    @cached_property
    def _bands(self) -> tuple[_Band, ...]:
        return tuple(_sorted_by_band(self._hashes, number) for number in range(self.bits // BAND))

    def _checked(self, radius: int) -> int:
        if not 0 <= radius <= self.bits:
            raise ValueError(f"a radius of {radius} among hashes of {self.bits} bits")
        return radius


@dataclass(frozen=True, slots=True)
class _Band:
    """The hashes in the order of one band's value, and where each value starts in it; one more start closes the last.

    `order` has 32 bits an entry, for a list of a million hashes of 256 bits has sixteen of them.
    """

    order: NDArray[np.uint32]
    starts: Places


def expected_chance_pairs(count: int, radius: int, bits: int = WORD) -> float:
    """How many of all pairs of `count` independent uniform hashes differ in at most `radius` bits, on average.

    Hashes of pictures are not uniform: there are more of them.
    """
    within = sum(comb(bits, distance) for distance in range(radius + 1))
    return float(count * (count - 1) // 2 * within / 2**bits)


def _as_words(hashes: Hashes) -> Hashes:
    words = hashes.reshape(-1, 1) if hashes.ndim == 1 else hashes
    if words.dtype != np.uint64 or words.ndim != 2 or words.shape[1] == 0:
        raise ValueError(f"hashes of dtype {hashes.dtype} and shape {hashes.shape}, not uint64 of (n,) or (n, words)")
    return np.ascontiguousarray(words)


def _first_of_equal(hashes: Hashes) -> Places:
    order = np.lexsort(hashes.T)  # stable: of equal ones the lowest place comes first
    ordered = hashes[order]
    opens = np.ones(len(hashes), dtype=bool)
    opens[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.empty(len(hashes), dtype=np.int64)
    first[order] = order[opens][np.cumsum(opens) - 1]
    return first


def _radii(bits: int, radius: int) -> tuple[int, ...]:
    """How far each band may differ so that no pair within the radius is missed; -1 where it need not be looked at."""
    bands = bits // BAND
    whole, more = divmod(radius, bands)
    return tuple(whole if number <= more else whole - 1 for number in range(bands))


def _masks(within: int) -> NDArray[np.int64]:
    """Every change of a band in at most `within` bits, as the bits that change; the first is none."""
    places = range(BAND)
    changes = [sum(1 << bit for bit in bits) for count in range(within + 1) for bits in combinations(places, count)]
    return np.array(changes, dtype=np.int64)


def _bands_spare_little(count: int, radii: tuple[int, ...]) -> bool:
    """Whether comparing a hash with all of `count` costs no more than going to its buckets, and what is in them."""
    visits = sum(comb(BAND, change) for within in radii for change in range(min(within, BAND) + 1))
    return count <= visits * (_VISIT + _CANDIDATE * count / _BUCKETS)


def _band_of(hashes: Hashes, number: int) -> NDArray[np.uint16]:
    word, place = divmod(number * BAND, WORD)
    return (hashes[:, word] >> np.uint64(place)).astype(np.uint16)


def _sorted_by_band(hashes: Hashes, number: int) -> _Band:
    keys = _band_of(hashes, number)
    order = np.argsort(keys, kind="stable").astype(np.uint32)
    starts = np.zeros(_BUCKETS + 1, dtype=np.int64)
    np.cumsum(np.bincount(keys, minlength=_BUCKETS), out=starts[1:])
    return _Band(order, starts)


def _all_pairs(hashes: Hashes, radius: int) -> Iterator[Pairs]:
    radii = _radii(hashes.shape[1] * WORD, radius)
    if _bands_spare_little(len(hashes), radii):
        for query, entry, distance in _all_with_all(hashes, hashes, radius):
            once = query < entry
            yield Pairs(query[once], entry[once], distance[once])
        return
    for number, within in enumerate(radii):
        band = _sorted_by_band(hashes, number)
        ordered = hashes[band.order]
        keys = _band_of(ordered, number).astype(np.int64)
        for mask in _masks(within):
            starts, ends = _partners(band, keys, int(mask))
            for rows, places in _candidates(starts, ends):
                which, distance = _within(ordered[rows], ordered[places], radius, number=number, radii=radii)
                one, other = (band.order[side[which]].astype(np.int64) for side in (rows, places))
                yield Pairs(np.minimum(one, other), np.maximum(one, other), distance)


def _partners(band: _Band, keys: Places, mask: int) -> tuple[Places, Places]:
    """Start and end of what each hash is compared with, each two only once.

    In its own bucket those after it; of two buckets the one whose key lacks the highest changed bit looks at the other.
    """
    if mask == 0:
        return np.arange(1, len(keys) + 1), band.starts[keys + 1]
    highest = 1 << (mask.bit_length() - 1)
    starts = band.starts[keys ^ mask]
    return starts, np.where(keys & highest == 0, band.starts[(keys ^ mask) + 1], starts)


def _candidates(starts: Places, ends: Places) -> Iterator[tuple[Places, Places]]:
    """For each row its places from `starts` to `ends`, as (row, place), about a chunk at a time."""
    counts = ends - starts
    upto = np.cumsum(counts)
    low = 0
    while low < len(counts):
        before = int(upto[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(upto, before + _CHUNK, side="right")))
        these = counts[low:high]
        shift = starts[low:high] - (upto[low:high] - these - before)
        rows = np.repeat(np.arange(low, high), these)
        if len(rows):
            yield rows, np.arange(len(rows)) + np.repeat(shift, these)
        low = high


def _within(
    left: Hashes, right: Hashes, radius: int, *, number: int, radii: tuple[int, ...]
) -> tuple[Places, NDArray[np.uint16]]:
    """Which rows differ in at most `radius` bits and were shown by no band before this, and by how many bits."""
    changed = left ^ right
    distance = _weight(changed)
    which = np.flatnonzero(distance <= radius)
    changed = changed[which]
    fresh = np.ones(len(which), dtype=bool)
    for earlier in range(number):
        fresh &= np.bitwise_count(_band_of(changed, earlier)).astype(np.int16) > radii[earlier]
    which = which[fresh]
    return which, distance[which].astype(np.uint16)


def _weight(words: Hashes) -> NDArray[np.uint8 | np.uint16]:
    set_bits: NDArray[np.uint8] = np.bitwise_count(words)
    return set_bits[..., 0] if words.shape[-1] == 1 else set_bits.sum(axis=-1, dtype=np.uint16)


def _all_with_all(queries: Hashes, entries: Hashes, radius: int) -> Iterator[Matches]:
    step = max(1, _CHUNK // max(1, len(entries)))
    for low in range(0, len(queries), step):
        distance = _weight(queries[low : low + step, None] ^ entries[None])
        query, entry = np.nonzero(distance <= radius)
        yield Matches(query + low, entry, distance[query, entry].astype(np.uint16))


def _sorted(
    found: Sequence[tuple[Places, Places, NDArray[np.uint16]]],
) -> tuple[Places, Places, NDArray[np.uint16]]:
    empty = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint16))
    one, other, distance = (np.concatenate(parts) for parts in zip(empty, *found, strict=True))
    order = np.lexsort((other, one))
    return one[order], other[order], distance[order]
