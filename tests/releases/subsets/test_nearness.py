"""Scores by vectors: exact, the same however the pool is parted and read, and none where there is no vector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.log import Log
from releases.subsets import nearness as module
from releases.subsets.nearness import Near, _Examples, nearness
from releases.subsets.pool import ITEMS, Pool
from releases.subsets.section import Subset
from tamis.errors import CatalogError
from tamis.records import EMBEDDINGS

SUBSET = {"method": "embedding", "target": {"examples": ["x"]}, "budget": {"share": 0.1}}


def subset_of(**more: Any) -> Subset:
    return Subset.model_validate({**SUBSET, **more})


def unit(count: int, dimensions: int, *, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float16)


def rows_of(vectors: np.ndarray, positions: list[int], *, name: str = "text_embedding", view: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "position": positions,
            "view": [view] * len(positions),
            "vector": [vector.astype("<f2").tobytes() for vector in vectors],
        },
        schema=EMBEDDINGS,
    ).with_columns(filter=pl.lit(name))


def pool_of(folder: Path, shards: list[tuple[int, pl.DataFrame]]) -> Pool:
    """Of shards with so many items and such vectors."""
    log, items = Log(folder), []
    for number, (count, found) in enumerate(shards):
        at = log.segment_folder("r", number)
        at.mkdir(parents=True)
        found.sort("position", "filter", "view").write_parquet(at / "embeddings.parquet")
        items += [(number, position) for position in range(count)]
    frame = pl.DataFrame(items, schema={"shard": pl.UInt32, "position": pl.UInt64}, orient="row")
    known = frame.with_row_index("owner")
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in ITEMS.items() if name not in known.columns]
    return Pool(log, "r", known.with_columns(missing).select(ITEMS.names()))


def near(folder: Path, shards: list[tuple[int, pl.DataFrame]], target: np.ndarray, **more: Any) -> Near:
    return nearness(pool_of(folder / "store", shards), subset_of(**more), target, folder / "scratch")


def test_the_score_is_the_mean_of_the_nearest_cosines(tmp_path: Path) -> None:
    vectors, target = unit(50, 16), unit(7, 16, seed=2)
    found = near(tmp_path, [(50, rows_of(vectors, list(range(50))))], target, nearest=3)
    own, theirs = vectors.astype(np.float64), target.astype(np.float64)
    cosines = own @ theirs.T / np.linalg.norm(own, axis=1)[:, None] / np.linalg.norm(theirs, axis=1)
    assert found.mean == pytest.approx(np.sort(cosines, axis=1)[:, -3:].mean(axis=1), abs=1e-12)
    assert found.most == pytest.approx(cosines.max(axis=1), abs=1e-12)


def test_of_fewer_examples_than_are_to_count_all_do(tmp_path: Path) -> None:
    vectors = unit(9, 16)
    shards = [(9, rows_of(vectors, list(range(9))))]
    by_two = near(tmp_path / "two", shards, vectors[:2])
    assert by_two.most[:2].tolist() == [1.0, 1.0]  # of the same vectors exactly
    assert (by_two.mean < by_two.most).all()


@given(st.sampled_from([1, 3, 64]), st.sampled_from([1, 5, 100, 2**21]), st.integers(0, 2**32 - 1))
def test_no_way_to_part_or_add_up_changes_a_bit(read: int, cosines: int, seed: int) -> None:
    vectors, target = unit(60, 96, seed=3), unit(11, 96, seed=4)
    turned = np.random.default_rng(seed).permutation(96)
    with pytest.MonkeyPatch.context() as patch:
        whole = _Examples.of(target, nearest=4).near(vectors.astype(np.float64))
        patch.setattr(module, "_COSINES", cosines)
        examples = _Examples.of(target[:, turned], nearest=4)
        parts = [examples.near(vectors[at : at + read, turned].astype(np.float64)) for at in range(0, 60, read)]
    assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()


@pytest.mark.parametrize("at_once", [1, 7, 4096])
def test_shards_and_parts_change_no_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    vectors, target = unit(40, 32), unit(6, 32, seed=2)
    one = near(tmp_path / "one", [(40, rows_of(vectors, list(range(40))))], target)
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    three = [(len(part), rows_of(part, list(range(len(part))))) for part in np.split(vectors, [5, 23])]
    other = near(tmp_path / "three", three, target)
    assert other.mean.tobytes() == one.mean.tobytes()
    assert other.most.tobytes() == one.most.tobytes()


def test_what_has_no_vector_or_none_of_this_filter_has_no_score(tmp_path: Path) -> None:
    vectors, target = unit(6, 16), unit(3, 16, seed=2)
    found = pl.concat(
        [
            rows_of(vectors[:3], [0, 2, 4]),
            rows_of(vectors[3:5], [1, 2], name="image_embedding"),
            rows_of(vectors[5:], [2], view=1),
            rows_of(np.zeros((1, 16)), [3]),
        ]
    )
    scores = near(tmp_path, [(6, found), (2, found.clear())], target)
    assert np.flatnonzero(~np.isnan(scores.mean)).tolist() == [0, 2, 4]
    alone = near(tmp_path / "alone", [(3, rows_of(vectors[:3], [0, 1, 2]))], target)
    assert scores.mean[[0, 2, 4]].tolist() == alone.mean.tolist()


def test_vectors_of_another_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="have not 8 dimensions"):
        near(tmp_path / "all", [(4, rows_of(unit(4, 16), list(range(4))))], unit(3, 8))
    some = pl.concat([rows_of(unit(1, 16), [0]), rows_of(unit(1, 8), [1])])
    with pytest.raises(CatalogError, match="different numbers of dimensions"):
        near(tmp_path / "some", [(2, some)], unit(3, 16))


def test_a_second_start_goes_on_from_what_was_compared(tmp_path: Path) -> None:
    vectors, target = unit(10, 16), unit(3, 16, seed=2)
    pool = pool_of(tmp_path / "store", [(5, rows_of(vectors[:5], list(range(5)))) for _ in range(2)])
    first = nearness(pool, subset_of(), target, tmp_path / "scratch")
    (tmp_path / "store").rename(tmp_path / "away")
    again = nearness(pool, subset_of(), target, tmp_path / "scratch")
    assert again.mean.tobytes() == first.mean.tobytes()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"target": None}, "method embedding needs `target.examples`"),
        ({"method": "linear", "nearest": 3}, "only `method: embedding` goes by the examples that are nearest"),
        ({"target": {"examples": ["x"], "max_similarity": 0.9}}, "target.max_similarity is for pictures"),
        ({"kind": "image", "target": {"examples": ["x"], "label": "y"}}, "target.label is for texts"),
        ({"kind": "image", "target": {"examples": ["x"], "max_overlap": 0.4}}, "target.max_overlap is for texts"),
        ({"kind": "image", "budget": {"auto": {}}}, "budget auto measures sizes on held-out texts"),
        ({"kind": "image", "method": "linear"}, "choose `embedding`, `random` or `measure`"),
        ({"nearest": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        subset_of(**more)
