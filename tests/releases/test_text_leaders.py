"""The leader rule over texts gives what going through them one by one gives, and no bucket is gone through in pairs."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.text.minhash import Hashes
from releases.text_leaders import Bands, Followers, Minima, find_followers

WIDTH = 24


def _gathered(values: Hashes, present: list[int], bands: Bands, scratch: Path, *, pieces: int = 1) -> Minima:
    rows = [(owner, values[owner].astype("<u4").tobytes()) for owner in present]
    frames = [
        pl.DataFrame(rows[piece::pieces], schema={"owner": pl.UInt32, "minima": pl.Binary}, orient="row")
        for piece in range(pieces)
    ]
    return Minima.gathered(frames, len(values), bands=bands, width=values.shape[1], scratch=scratch)


def _texts(seed: int, count: int, kinds: int) -> Hashes:
    """Minima of texts that are copies of a few, in some minima others."""
    random = np.random.default_rng(seed)
    own = random.integers(0, 2**32, (kinds, WIDTH), dtype=np.uint32)[random.integers(0, kinds, count)]
    other = random.random((count, WIDTH)) < random.choice([0.0, 0.1, 0.3], (count, 1))
    return np.where(other, random.integers(0, 2**32, (count, WIDTH), dtype=np.uint32), own)


def _one_by_one(values: Hashes, present: list[int], bands: Bands, *, before: int, enough: int) -> dict[int, int]:
    """follower → leader, by comparing each text with all before it that stay and share a band."""
    leaders: list[int] = []
    follows: dict[int, int] = {}
    for text in present:
        alike = [
            other
            for other in leaders
            if (values[text] == values[other]).sum() >= enough and _share_a_band(values[text], values[other], bands)
        ]
        if alike and text >= before:
            follows[text] = alike[0]
        else:
            leaders.append(text)
    return follows


def _share_a_band(one: Hashes, other: Hashes, bands: Bands) -> bool:
    same = (one == other)[: bands.count * bands.rows]
    return bool(same.reshape(bands.count, bands.rows).all(axis=1).any())


def _told(found: Followers) -> dict[int, int]:
    return {int(text): int(found.leader[text]) for text in np.flatnonzero(found.leader >= 0)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 60),
    kinds=st.integers(1, 8),
    before=st.integers(0, 20),
    enough=st.integers(6, WIDTH),
    bands=st.sampled_from([Bands(1, 24), Bands(4, 6), Bands(8, 3), Bands(7, 3), Bands(24, 1)]),
    missing=st.integers(1, 7),
)
def test_it_is_what_going_through_them_one_by_one_gives(
    tmp_path: Path, seed: int, count: int, kinds: int, before: int, enough: int, bands: Bands, missing: int
) -> None:
    values = _texts(seed, count, kinds)
    present = [text for text in range(count) if text % 7 != missing]
    found = find_followers(_gathered(values, present, bands, tmp_path), before=before, enough=enough)
    assert _told(found) == _one_by_one(values, present, bands, before=before, enough=enough)
    assert not found.crowded.any()
    for text, leader in _told(found).items():
        assert found.equal[text] == (values[text] == values[leader]).sum() >= enough
        assert found.compared[text]
        assert leader not in _told(found)
    again = _gathered(values, present, bands, tmp_path, pieces=3)
    assert _told(find_followers(again, before=before, enough=enough)) == _told(found)


def test_there_are_no_chains(tmp_path: Path) -> None:
    """A, B and C in a row, each similar to the next only: B follows A, and C, which is not similar to A, stays."""
    values = np.zeros((3, WIDTH), dtype=np.uint32)
    values[1, :4], values[2, :8] = 1, 1
    minima = _gathered(values, [0, 1, 2], Bands(8, 3), tmp_path)
    assert _told(find_followers(minima, before=0, enough=20)) == {1: 0}


def test_a_bucket_of_many_copies_is_no_square_of_them(tmp_path: Path) -> None:
    values = np.ones((50_000, WIDTH), dtype=np.uint32)
    minima = _gathered(values, list(range(50_000)), Bands(8, 3), tmp_path)
    find_followers(minima, before=0, enough=20)
    started = time.thread_time()
    found = find_followers(minima, before=0, enough=20)
    assert time.thread_time() - started < 5
    assert found.leader.tolist() == [-1, *[0] * 49_999]


def test_of_many_that_stay_in_one_bucket_the_first_are_looked_at_and_the_others_counted(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    values = random.integers(0, 2**32, (12, WIDTH), dtype=np.uint32)
    values[:, :3] = 1  # a band that all share
    values[11] = values[9]
    values[11, 3::3] = 2  # and no other
    minima = _gathered(values, list(range(12)), Bands(8, 3), tmp_path)
    assert _told(find_followers(minima, before=0, enough=10)) == {11: 9}
    few = find_followers(minima, before=0, enough=10, most=4)
    assert _told(few) == {}
    assert few.crowded.tolist() == [place > 4 for place in range(12)]


@pytest.mark.parametrize(
    ("similarity", "minima", "count", "rows"),
    [(0.8, 112, 14, 8), (0.9, 112, 8, 13), (0.7, 112, 22, 5), (0.5, 112, 37, 3), (1.0, 112, 1, 112), (0.8, 16, 5, 3)],
)
def test_the_bands_follow_from_the_limit(similarity: float, minima: int, count: int, rows: int) -> None:
    assert Bands.of(similarity, minima) == Bands(count, rows)
    assert Bands(count, rows).found_at(similarity) >= 0.9


def test_nothing_is_left_on_the_disk(tmp_path: Path) -> None:
    minima = _gathered(_texts(1, 5, 2), list(range(5)), Bands(8, 3), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert minima.values.shape == (5, WIDTH)
