"""The leader rule over vectors: as a plain loop over all pairs has it, whatever the size of blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from releases.meaning_leaders import Followers, Vectors, find_followers
from tamis.errors import CatalogError


def drawn(count: int, *, seed: int, dimensions: int = 24, centres: int = 6, spread: float = 0.08) -> np.ndarray:
    """Unit vectors around some centres, as they are on record."""
    dice = np.random.default_rng(seed)
    around = dice.normal(size=(centres, dimensions))[dice.integers(centres, size=count)]
    found = around + spread * np.sqrt(dimensions) * dice.normal(size=(count, dimensions))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype("<f2")


def gathered(values: np.ndarray, scratch: Path, *, present: np.ndarray | None = None) -> Vectors:
    owners = np.arange(len(values)) if present is None else np.flatnonzero(present)
    halves = [
        pl.DataFrame({"owner": some, "vector": [values[owner].tobytes() for owner in some]})
        for some in np.array_split(owners[::-1], 2)
        if len(some)
    ]
    return Vectors.gathered(halves, len(values), dimensions=values.shape[1], scratch=scratch)


def by_a_plain_loop(values: np.ndarray, *, before: int, at_least: float) -> tuple[list[int], list[float]]:
    exact = values.astype(np.float64)
    lengths = (exact**2).sum(axis=1)
    leaders, cosines = [], []
    for one in range(len(values)):
        leader, cosine = -1, 0.0
        for other in range(one if one >= before else 0):
            if leaders[other] < 0:
                found = float((exact[one] * exact[other]).sum() / np.sqrt(lengths[one] * lengths[other]))
                if found >= at_least:
                    leader, cosine = other, min(found, 1.0)
                    break
        leaders.append(leader)
        cosines.append(cosine)
    return leaders, cosines


def answers(found: Followers) -> tuple[list[int], list[float]]:
    return found.leader.tolist(), np.where(found.leader >= 0, found.cosine, 0.0).tolist()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 60),
    before=st.integers(0, 8),
    block=st.sampled_from([1, 3, 8, 2048]),
    at_least=st.sampled_from([0.5, 0.8, 0.9, 0.95, 1.0]),
)
def test_it_answers_as_a_plain_loop_over_all_pairs_does(
    tmp_path: Path, seed: int, count: int, before: int, block: int, at_least: float
) -> None:
    values = drawn(count, seed=seed)
    before = min(before, count)
    found = find_followers(gathered(values, tmp_path), before=before, at_least=at_least, block=block)
    assert answers(found) == by_a_plain_loop(values, before=before, at_least=at_least)


def test_of_copies_in_any_number_the_first_stays(tmp_path: Path) -> None:
    values = np.repeat(drawn(3, seed=1, centres=400), 300, axis=0)
    found = find_followers(gathered(values, tmp_path), before=0, at_least=1.0, block=128)
    assert found.leader.tolist() == [-1 if place % 300 == 0 else place // 300 * 300 for place in range(900)]
    assert set(found.cosine[found.leader >= 0]) == {1.0}


def test_a_follower_stands_for_nobody(tmp_path: Path) -> None:
    """Three in a row, each 20 degrees from the next."""
    angles = np.deg2rad([0.0, 20.0, 40.0])
    values = np.column_stack([np.cos(angles), np.sin(angles)]).astype("<f2")
    found = find_followers(gathered(values, tmp_path), before=0, at_least=0.9)
    assert found.leader.tolist() == [-1, 0, -1]


def test_a_text_without_a_vector_is_compared_with_none(tmp_path: Path) -> None:
    values = np.repeat(drawn(1, seed=2), 4, axis=0)
    present = np.array([False, True, False, True])
    found = find_followers(gathered(values, tmp_path, present=present), before=0, at_least=0.9)
    assert found.leader.tolist() == [-1, -1, -1, 1]


def test_those_before_stay_however_alike(tmp_path: Path) -> None:
    values = np.repeat(drawn(1, seed=3), 5, axis=0)
    found = find_followers(gathered(values, tmp_path), before=3, at_least=0.9, block=2)
    assert found.leader.tolist() == [-1, -1, -1, 0, 0]


def test_vectors_of_another_size_are_damage(tmp_path: Path) -> None:
    frame = pl.DataFrame({"owner": [0], "vector": [b"\0" * 6]})
    with pytest.raises(CatalogError, match="have not 4 dimensions"):
        Vectors.gathered([frame], 1, dimensions=4, scratch=tmp_path)
