"""The leader rule gives what going through the pictures one by one gives, however the order is halved."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from releases.leaders import DHASH_RADIUS, PDQ_RADIUS, Followers, Prints, find_followers


def _prints(seed: int, *, count: int, kinds: int) -> Prints:
    """Pictures that are copies of a few, changed in some bits; every fifth has two views, every seventh none."""
    random = np.random.default_rng(seed)
    owner = np.sort(np.concatenate([np.arange(count), np.arange(0, count, 5)]))
    owner = owner[owner % 7 != 3].astype(np.int64)
    rows = len(owner)

    def changed(words: int, most: int) -> NDArray[np.uint64]:
        base = random.integers(0, 2**64, (kinds, words), dtype=np.uint64)[random.integers(0, kinds, rows)]
        for _ in range(most):
            change = np.uint64(1) << random.integers(0, 64, rows, dtype=np.uint64)
            base[np.arange(rows), random.integers(0, words, rows)] ^= change * random.integers(
                0, 2, rows, dtype=np.uint64
            )
        return base

    return Prints(owner, changed(1, 8).ravel(), changed(1, 16).ravel(), changed(4, 40))


def _one_by_one(prints: Prints, *, count: int, radius: int, confirm: bool, earlier: Prints) -> Followers:
    told = Followers(
        earlier=np.full(count, -1),
        leader=np.full(count, -1),
        distance=np.full(count, -1),
        near=np.zeros(count, dtype=bool),
    )
    staying: list[int] = []
    for picture in range(count):
        mine = np.flatnonzero(prints.owner == picture).tolist()
        old = _pairs(prints, mine, earlier, range(len(earlier)), radius=radius)
        kept = [row for row in range(len(prints)) if prints.owner[row] in staying]
        new = _pairs(prints, mine, prints, kept, radius=radius)
        told.near[picture] = bool(old or new)
        if first := min((found for found, sure in old if sure or not confirm), default=None):
            told.earlier[picture], told.distance[picture] = first
        elif first := min((found for found, sure in new if sure or not confirm), default=None):
            told.leader[picture], told.distance[picture] = first
        else:
            staying.append(picture)
    return told


def _pairs(
    prints: Prints, mine: Iterable[int], others: Prints, places: Iterable[int], *, radius: int
) -> list[tuple[tuple[int, int], bool]]:
    """((owner, distance), confirmed) of what lies within the radius."""
    found = []
    for row, place in product(mine, places):
        distance = (int(prints.phash[row]) ^ int(others.phash[place])).bit_count()
        if distance <= radius:
            dhash = (int(prints.dhash[row]) ^ int(others.dhash[place])).bit_count()
            pdq = sum(int(word).bit_count() for word in prints.pdq[row] ^ others.pdq[place])
            sure = dhash <= DHASH_RADIUS or pdq <= PDQ_RADIUS
            found.append(((int(others.owner[place]), distance), sure))
    return found


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 40),
    kinds=st.integers(1, 12),
    radius=st.integers(0, 10),
    confirm=st.booleans(),
    many=st.sampled_from([0, 3, 20, 4000]),
    old=st.integers(0, 5),
)
def test_halving_the_order_changes_nothing(
    seed: int, count: int, kinds: int, radius: int, confirm: bool, many: int, old: int
) -> None:
    prints = _prints(seed, count=count, kinds=kinds)
    earlier = _prints(seed, count=old, kinds=kinds)
    wanted = _one_by_one(prints, count=count, radius=radius, confirm=confirm, earlier=earlier)
    found = find_followers(prints, count=count, radius=radius, confirm=confirm, earlier=earlier, many=many)
    assert found.earlier.tolist() == wanted.earlier.tolist()
    assert found.leader.tolist() == wanted.leader.tolist()
    assert found.near.tolist() == wanted.near.tolist()
    follows = (wanted.earlier >= 0) | (wanted.leader >= 0)
    assert found.distance[follows].tolist() == wanted.distance[follows].tolist()


@pytest.mark.parametrize("confirm", [True, False])
def test_ten_thousand_copies_of_a_picture_are_no_fifty_million_pairs(confirm: bool) -> None:
    same = np.zeros(10_000, dtype=np.uint64)
    copies = Prints(np.arange(10_000), same, same, np.zeros((10_000, 4), dtype=np.uint64))
    none = copies.of(slice(0))
    found = find_followers(copies, count=10_000, radius=8, confirm=confirm, earlier=none, many=16)
    assert found.leader.tolist() == [-1, *[0] * 9_999]


def test_there_are_no_chains() -> None:
    """A, B and C in a row, each within the radius of the next only: B follows A, and C, which is far from A, stays."""
    hashes = np.array([0, 0b1111, 0b1111_1111], dtype=np.uint64)
    prints = Prints(np.arange(3), hashes, hashes, np.zeros((3, 4), dtype=np.uint64))
    found = find_followers(prints, count=3, radius=4, confirm=True, earlier=prints.of(slice(0)))
    assert found.leader.tolist() == [-1, 0, -1]
    assert found.distance[1] == 4
