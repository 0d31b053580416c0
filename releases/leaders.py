"""Who stands for whom among pictures that look alike: the leader rule.

Pictures are gone through in a given order. One that lies within the radius of a picture that stays is its follower; any
other stays. So each follower is near the very picture that is kept in its place: there are no chains in which A stands
for C only because both look like B. Near is told by pHash and, if that is asked, confirmed by dHash or PDQ.

All pairs are looked for at once. Where there are too many of them, for somebody has put a hundred thousand copies of a
picture in, the order is halved, and the second half compared only with those pictures of the first half that stay: the
same answer, and each copy is compared a few times instead of with all the others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from filters.pictures.hash_search import Hashes, HashIndex, Pairs, Places

DHASH_RADIUS = 12
PDQ_RADIUS = 64
"""Either confirms: docs/pictures.md has what was measured."""

MANY = 4_000_000
"""More pairs than these are not kept in memory: then the order is halved."""

_NOBODY = np.iinfo(np.int64).max
_SHIFT = 8
"""Of the leader's place beside the distance, which is below 65."""


_NONE = Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint16))


@dataclass(frozen=True, slots=True)
class Prints:
    """Hashes of pictures, by ascending owner; a picture has one row for each way up that it may be seen."""

    owner: Places
    phash: Hashes
    dhash: Hashes
    pdq: Hashes
    """Shape (n, 4)."""

    def __len__(self) -> int:
        return len(self.owner)

    def of(self, which: NDArray[np.bool_] | slice) -> Self:
        return type(self)(*(getattr(self, field.name)[which] for field in fields(self)))

    def with_more(self, others: Self) -> Self:
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return type(self)(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, slots=True)
class Followers:
    """What became of each picture, by its place in the order."""

    earlier: Places
    """The owner, among the earlier prints, that it follows; -1 if none."""
    leader: Places
    """The place in the order of the picture that it follows; -1 if it stays, or follows an earlier one."""
    distance: Places
    """The bits in which the pHash of the two differ; of those that follow none it means nothing."""
    near: NDArray[np.bool_]
    """Whether it lies within the radius of one that stays, confirmed or not."""


def find_followers(
    prints: Prints, *, count: int, radius: int, confirm: bool, earlier: Prints, many: int = MANY
) -> Followers:
    """Goes through `count` pictures, the owners 0 to `count` - 1; of those without prints nothing is found.

    Args:
        prints: of the pictures, in the order in which they are to stay.
        count: how many there are.
        radius: of pHash, in bits.
        confirm: whether dHash or PDQ must agree.
        earlier: of pictures that stay whatever comes, and before all others.
        many: at more pairs than these the order is halved.
    """
    before = _Search(count, radius, confirm=confirm, many=many)
    before.sweep(earlier, prints)
    within = _Search(count, radius, confirm=confirm, many=many)
    within.near |= before.near
    within.settle(prints.of(before.is_open(prints)))
    follows = before.best != _NOBODY
    return Followers(
        earlier=_owners(before.best),
        leader=_owners(within.best),
        distance=np.where(follows, before.best, within.best) & ((1 << _SHIFT) - 1),
        near=within.near,
    )


def _owners(best: Places) -> Places:
    return np.where(best == _NOBODY, -1, best >> _SHIFT)


class _Search:
    """The best that was found so far for each picture: the first leader in the order, then the nearest of its views."""

    def __init__(self, count: int, radius: int, *, confirm: bool, many: int) -> None:
        self.best = np.full(count, _NOBODY, dtype=np.int64)
        self.near = np.zeros(count, dtype=bool)
        self._radius = radius
        self._confirm = confirm
        self._many = many

    def is_open(self, prints: Prints) -> NDArray[np.bool_]:
        """Which rows are of pictures that follow nobody yet."""
        still: NDArray[np.bool_] = self.best[prints.owner] == _NOBODY
        return still

    def settle(self, prints: Prints) -> Prints:
        """Decides on pictures that follow none before them; returns the prints of those that stay."""
        pairs = self._pairs(prints)
        if pairs is not None:
            self._go_through(prints, pairs)
            return prints.of(self.is_open(prints))
        first = prints.owner < max(prints.owner[len(prints) // 2], prints.owner[0] + 1)
        staying = self.settle(prints.of(first))
        others = prints.of(~first)
        self.sweep(staying, others)
        return staying.with_more(self.settle(others.of(self.is_open(others))))

    def sweep(self, staying: Prints, others: Prints) -> None:
        """Compares pictures with those before them that stay."""
        index = HashIndex(staying.phash)
        for query, entry, distance in index.matches(others.phash, self._radius):
            confirmed = self._confirmed(others, query, staying, entry)
            self._follow(staying.owner[entry], others.owner[query], distance, confirmed)

    def _pairs(self, prints: Prints) -> Pairs | None:
        """All pairs of rows of different pictures, by the picture that comes first; null where they are too many."""
        found = []
        left = self._many
        for pairs in HashIndex(prints.phash).all_pairs(self._radius):
            differ = np.flatnonzero(prints.owner[pairs.left] != prints.owner[pairs.right])
            found.append(Pairs(pairs.left[differ], pairs.right[differ], pairs.distance[differ]))
            left -= len(differ)
            if left < 0:
                return None
        if not found:
            return _NONE
        together = Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
        order = np.argsort(prints.owner[together.left], kind="stable")
        return Pairs(together.left[order], together.right[order], together.distance[order])

    def _go_through(self, prints: Prints, pairs: Pairs) -> None:
        """Picture by picture, so that who follows one is out before the next is looked at."""
        confirmed = self._confirmed(prints, pairs.right, prints, pairs.left)
        leader, follower = prints.owner[pairs.left], prints.owner[pairs.right]
        for first in np.unique(leader):
            if self.best[first] == _NOBODY:
                rows = slice(*np.searchsorted(leader, [first, first + 1]))
                self._follow(leader[rows], follower[rows], pairs.distance[rows], confirmed[rows])

    def _follow(
        self, leader: Places, follower: Places, distance: NDArray[np.uint16], confirmed: NDArray[np.bool_]
    ) -> None:
        self.near[follower] = True
        found = leader << _SHIFT | distance
        np.minimum.at(self.best, follower[confirmed], found[confirmed])

    def _confirmed(self, some: Prints, rows: Places, others: Prints, places: Places) -> NDArray[np.bool_]:
        if not self._confirm:
            return np.ones(len(rows), dtype=bool)
        dhash = np.bitwise_count(some.dhash[rows] ^ others.dhash[places])
        pdq = np.bitwise_count(some.pdq[rows] ^ others.pdq[places]).sum(axis=1, dtype=np.int64)
        either: NDArray[np.bool_] = (dhash <= DHASH_RADIUS) | (pdq <= PDQ_RADIUS)
        return either
