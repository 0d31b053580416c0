from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.pictures import hash_search
from filters.pictures.hash_search import Hashes, HashIndex, Places, expected_chance_pairs


def _hashes(seed: int, *, count: int, words: int, shape: str) -> Hashes:
    """Hashes near a few others, many in the same buckets, or all alike: what a search by bands might miss or repeat."""
    random = np.random.default_rng(seed)
    free = random.integers(0, 2**64, (count, words), dtype=np.uint64)
    if shape == "free":
        return free
    if shape == "crowded":
        return free & np.uint64(0x0001_8001_0000_0101)
    changed = np.zeros((count, words), dtype=np.uint64)
    for _ in range(int(random.integers(0, 12))):
        changed[np.arange(count), random.integers(0, words, count)] ^= np.uint64(1) << random.integers(
            0, 64, count, dtype=np.uint64
        )
    return free[random.integers(0, max(1, count // 3), count)] ^ changed


def _distances(some: Hashes, others: Hashes) -> Places:
    set_bits: NDArray[np.uint8] = np.bitwise_count(some[:, None] ^ others[None])
    distances: Places = set_bits.sum(axis=2, dtype=np.int64)
    return distances


def _all_pairs(index: HashIndex, radius: int) -> set[tuple[int, int, int]]:
    """The star of equal hashes read as what it stands for."""
    sharing: dict[int, list[int]] = {}
    for place, first in enumerate(index.first.tolist()):
        sharing.setdefault(first, []).append(place)
    pairs = {(a, b, 0) for same in sharing.values() for a in same for b in same if a < b}
    for left, right, distance in zip(*(part.tolist() for part in index.pairs(radius)), strict=True):
        if distance:
            pairs |= {(min(a, b), max(a, b), distance) for a in sharing[left] for b in sharing[right]}
    return pairs


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 500),
    words=st.sampled_from([1, 4]),
    shape=st.sampled_from(["free", "near", "crowded"]),
    radius=st.integers(0, 12),
    by_bands=st.booleans(),
)
def test_what_is_found_is_what_comparing_all_with_all_finds(
    seed: int, count: int, words: int, shape: str, radius: int, by_bands: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if by_bands:  # so few would be compared all with all
            patch.setattr(hash_search, "_bands_spare_little", lambda count, radii: False)
        _expect_all(seed, count=count, words=words, shape=shape, radius=radius)


def _expect_all(seed: int, *, count: int, words: int, shape: str, radius: int) -> None:
    hashes = _hashes(seed, count=count, words=words, shape=shape)
    index = HashIndex(hashes)
    distance = _distances(hashes, hashes)
    left, right = np.nonzero(np.triu(distance <= radius, 1))
    wanted = set(zip(left.tolist(), right.tolist(), distance[left, right].tolist(), strict=True))
    assert _all_pairs(index, radius) == wanted

    asked = np.concatenate([hashes[: count // 4], _hashes(seed + 1, count=40, words=words, shape=shape)])
    distance = _distances(asked, hashes)
    query, entry = np.nonzero(distance <= radius)
    found = index.lookup(asked, radius)
    assert found.query.tolist() == query.tolist()
    assert found.entry.tolist() == entry.tolist()
    assert found.distance.tolist() == distance[query, entry].tolist()


@pytest.mark.parametrize("radius", [31, 64, 90])
def test_long_hashes_are_searched_at_any_radius(radius: int) -> None:
    hashes = _hashes(4, count=700, words=4, shape="near")
    left, right = np.nonzero(np.triu(_distances(hashes, hashes) <= radius, 1))
    pairs = _all_pairs(HashIndex(hashes), radius)
    assert {(left, right) for left, right, _ in pairs} == set(zip(left.tolist(), right.tolist(), strict=True))
    assert pairs


def test_every_pair_is_told_once_and_the_lower_place_first() -> None:
    left, right, distance = HashIndex(_hashes(5, count=2000, words=1, shape="near").ravel()).pairs(6)
    assert (left < right).all()
    assert len(set(zip(left.tolist(), right.tolist(), strict=True))) == len(left) > 100
    assert distance.max() <= 6


def test_planted_pairs_among_a_hundred_thousand_are_found() -> None:
    random = np.random.default_rng(6)
    hashes = random.integers(0, 2**64, 100_000, dtype=np.uint64)
    planted = np.arange(0, 2000, 2)
    bits = np.array(
        [sum(1 << int(bit) for bit in random.choice(64, 7, replace=False)) for _ in planted], dtype=np.uint64
    )
    hashes[planted + 50_000] = hashes[planted] ^ bits
    left, right, distance = HashIndex(hashes).pairs(7)
    seven_apart = dict(zip(left[distance == 7].tolist(), right[distance == 7].tolist(), strict=True))
    assert all(seven_apart[place] == place + 50_000 for place in planted.tolist())


def test_many_equal_hashes_are_a_star_and_not_all_their_pairs() -> None:
    hashes = np.zeros(50_000, dtype=np.uint64)
    hashes[7] = 1
    left, right, distance = HashIndex(hashes).pairs(8)
    assert len(left) == 49_999
    assert set(left.tolist()) == {0}
    assert distance.sum() == 1
    assert right[distance == 1].tolist() == [7]


def test_an_index_goes_to_another_process_whole() -> None:
    index = HashIndex(_hashes(8, count=600, words=1, shape="near"))
    asked = _hashes(8, count=600, words=1, shape="near")
    again = pickle.loads(pickle.dumps(index))
    assert all((one == other).all() for one, other in zip(index.lookup(asked, 4), again.lookup(asked, 4), strict=True))


def test_what_is_no_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="int64"):
        HashIndex(np.zeros(3, dtype=np.int64))
    with pytest.raises(ValueError, match="256 bits against entries of 64"):
        HashIndex(np.zeros(3, dtype=np.uint64)).lookup(np.zeros((3, 4), dtype=np.uint64), 1)
    with pytest.raises(ValueError, match="radius of 65"):
        HashIndex(np.zeros(3, dtype=np.uint64)).pairs(65)


@pytest.mark.parametrize(
    ("count", "radius", "expected"), [(10**5, 8, 1.4), (10**5, 10, 49), (10**6, 7, 19), (10**6, 8, 140)]
)
def test_chance_pairs_are_as_the_uniform_model_says(count: int, radius: int, expected: float) -> None:
    assert expected_chance_pairs(count, radius) == pytest.approx(expected, rel=0.1)
