"""Near-duplicates of texts: which stays for which, by what order, and what the section of the policy may say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.licence import LicenceFilter
from filters.table import make_filter
from releases.decide import rules_in_force
from releases.laundering import RESTRICTING
from releases.near_texts import ITEMS, OF_WORDS, Compared, decide_near_texts
from releases.on_record import OnRecord
from releases.policy import Policy, read_policy
from tamis.errors import ConfigError

AWAY = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})
OWNED = {"owner": pl.UInt32, "minima": pl.Binary}
OWNED_WITH_WORDS = {**OWNED, **{name: OF_WORDS[name] for name in ("text_hi", "text_lo")}}

OWN = np.random.default_rng(11).integers(0, 2**32, 112, dtype=np.uint32)


def _policy(*, captions: str = "once", **texts: Any) -> Policy:
    licence = {"allow": ["permissive", "attribution", "share_alike", "restricted"]}
    near = {"pictures": False, "texts": texts}
    return Policy.model_validate(
        {
            "name": "a",
            "version": "1",
            "licence": licence,
            "near_duplicates": near,
            "exact_duplicates": {"captions": captions},
        }
    )


def _item(place: int, **facts: Any) -> dict[str, Any]:
    plain = {"verdict": "keep", "grant": "permissive", "basis": "licence", "level": 3.0, "words": 50.0, "hits": None}
    where = {"shard": place % 3, "position": place, "kind": "text", "record": None}
    return {**dict.fromkeys(RESTRICTING, 0.0), **where, "item_hi": place, "item_lo": 100 + place, **plain, **facts}


def _changed(count: int, seed: int = 0) -> np.ndarray:
    """Minima that differ from OWN in so many places."""
    other = OWN.copy()
    other[np.random.default_rng(seed).choice(112, count, replace=False)] += np.uint32(1 + seed)
    return other


class Held:
    """Minima as a test has them, where a run's lie in the log."""

    def __init__(self, minima: dict[int, np.ndarray], earlier: dict[int, np.ndarray]) -> None:
        self.parameters = {"permutations": 112, "shingle": 5}
        self._minima = minima
        self._earlier = earlier

    def earlier(self) -> pl.DataFrame:
        rows = [(7, item) for item in self._earlier]
        return pl.DataFrame(rows, schema={"item_hi": pl.UInt64, "item_lo": pl.UInt64}, orient="row").with_row_index(
            "owner"
        )

    def of_earlier(self, owners: pl.DataFrame) -> Iterator[pl.DataFrame]:
        minima = [self._earlier[item].tobytes() for item in owners["item_lo"]]
        yield pl.DataFrame({"owner": owners["owner"], "minima": minima}, schema=OWNED)

    def of_run(self, ordered: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Two texts have the same words if they have the same minima."""
        for position, owner in ordered.select("position", "owner").iter_rows():
            if position in self._minima:
                minima = self._minima[position]
                words = {"text_hi": [int(minima.astype(np.uint64).sum())], "text_lo": [7]}
                yield pl.DataFrame({"owner": [owner], "minima": [minima.tobytes()], **words}, schema=OWNED_WITH_WORDS)

    one_after_the_other = OnRecord.one_after_the_other


def _compare(
    items: list[dict[str, Any]],
    minima: dict[int, np.ndarray],
    scratch: Path,
    *,
    policy: Policy | None = None,
    away: pl.DataFrame = AWAY,
    earlier: dict[int, np.ndarray] | None = None,
) -> Compared:
    held = Held(minima, earlier or {})
    return decide_near_texts(policy or _policy(), pl.DataFrame(items, schema=ITEMS), held, away=away, scratch=scratch)


def _twins(compared: Compared) -> dict[int, int]:
    return dict(compared.decisions.select("position", "twin_lo").with_columns(pl.col("twin_lo") - 100).iter_rows())


def test_a_decision_names_twin_similarity_rule_and_limit(tmp_path: Path) -> None:
    compared = _compare([_item(0), _item(1), _item(2)], {0: OWN, 1: _changed(7)}, tmp_path)
    (row,) = compared.decisions.rows(named=True)
    assert row == {
        "shard": 1,
        "position": 1,
        "filter": "text_minhash",
        "outcome": "drop",
        "reason": "near_duplicate",
        "rule": "near_duplicates.texts.on_near_duplicate",
        "measure": "similarity",
        "value": 105 / 112,
        "label": None,
        "limit": 0.8,
        "twin_hi": 0,
        "twin_lo": 100,
        "similarity": 105 / 112,
        "decisive": True,
    }
    assert compared.search.facts == {
        "min_similarity": 0.8,
        "shingle": 5,
        "minima": 112,
        "bands": 14,
        "rows_in_band": 8,
        "found_at_limit": pytest.approx(0.9236, abs=1e-4),
        "texts": 2,
        "wordless": 1,
        "earlier": 0,
        "candidates": 1,
        "confirmed": 1,
        "groups": 1,
        "largest": 1,
        "crowded": 0,
    }


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ({}, {}, 0),
        ({"grant": "attribution"}, {"grant": "share_alike", "words": 4.0, "hits": 3.0}, 1),
        ({"grant": "unknown", "basis": "own"}, {"level": 1.0}, 1),
        ({"grant": "restricted"}, {"grant": "restricted", "non_commercial": 1.0, "words": 4.0}, 1),
        ({"level": 2.0, "words": 90.0}, {"level": 4.0}, 1),
        ({"hits": 5.0, "words": 90.0}, {"hits": 1.0}, 1),
        ({"hits": None, "words": 90.0}, {"hits": 1.0}, 1),
        ({"words": 40.0}, {"words": 41.0}, 1),
    ],
)
def test_the_order_is_licence_then_evidence_then_personal_data_then_length_then_place(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], stays: int
) -> None:
    compared = _compare([_item(0, **first), _item(1, **second)], {0: OWN, 1: OWN}, tmp_path)
    assert _twins(compared) == {1 - stays: stays}
    assert compared.stricter.is_empty()


@pytest.mark.parametrize("verdict", ["hold", "drop"])
def test_what_does_not_stay_stands_for_nothing(tmp_path: Path, verdict: str) -> None:
    minima = {0: OWN, 1: OWN, 2: OWN}
    items = [_item(0, verdict=verdict), _item(1), _item(2)]
    assert _twins(_compare(items, minima, tmp_path)) == {2: 1}
    elsewhere = pl.DataFrame({"shard": [1], "position": [1]}, schema=AWAY.schema)
    assert _twins(_compare(items, minima, tmp_path, away=elsewhere)) == {}


@pytest.mark.parametrize(("captions", "twins"), [("once", {1: 0}), ("each", {})])
def test_captions_are_compared_as_they_are_for_equal_ones(tmp_path: Path, captions: str, twins: dict[int, int]) -> None:
    items = [_item(0, record=0), _item(1, record=1)]
    assert _twins(_compare(items, {0: OWN, 1: OWN}, tmp_path, policy=_policy(captions=captions))) == twins


def test_a_text_that_lacks_a_condition_of_its_near_duplicate_is_decided_on_like_an_equal_copy(tmp_path: Path) -> None:
    items = [
        _item(0, grant="restricted", non_commercial=1.0),
        _item(1, grant="restricted", no_derivatives=1.0),
        _item(2, grant="permissive"),
    ]
    minima = {0: OWN, 1: _changed(3), 2: OWN}
    compared = _compare(items, minima, tmp_path)
    assert _twins(compared) == {1: 0, 2: 0}
    (row,) = compared.stricter.rows(named=True)
    told = {key: row[key] for key in ("position", "filter", "outcome", "reason", "label", "twin_lo", "similarity")}
    assert told == {
        "position": 0,
        "filter": "licence",
        "outcome": "hold",
        "reason": "licence_stricter_elsewhere",
        "label": "no_derivatives",
        "twin_lo": 101,
        "similarity": pytest.approx(109 / 112),
    }
    assert _compare([{**items[0], "basis": "own"}, *items[1:]], minima, tmp_path).stricter.is_empty()


def test_texts_of_earlier_releases_come_first(tmp_path: Path) -> None:
    compared = _compare(
        [_item(0), _item(1)],
        {0: OWN, 1: _changed(20)},
        tmp_path,
        earlier={777: _changed(2), 888: OWN, 999: _changed(99)},
    )
    assert compared.decisions.select("position", "twin_hi", "twin_lo").rows() == [(0, 7, 777), (1, 7, 777)]
    assert (compared.search.earlier, compared.search.groups, compared.search.largest) == (3, 1, 2)
    assert compared.stricter.is_empty()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(8)),
    changes=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=8, max_size=8),
)
def test_the_order_of_rows_changes_nothing_and_nobody_follows_a_follower(
    tmp_path: Path, order: list[int], changes: list[tuple[int, int]]
) -> None:
    items = [_item(place) for place in range(8)]
    minima = {place: _changed(*change) for place, change in enumerate(changes)}
    straight = _compare(items, minima, tmp_path)
    mixed = _compare([items[at] for at in order], minima, tmp_path)
    assert straight.decisions.equals(mixed.decisions)
    twins = _twins(straight)
    assert not twins.keys() & set(twins.values())
    for follower, leader in twins.items():
        assert (minima[follower] == minima[leader]).sum() >= 90


HEAD = 'name: test\nversion: "1"\nlicence: {allow: [permissive]}\nnear_duplicates:\n  texts:\n'


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("on_near_duplicate: keep", "on_near_duplicate: Input should be 'hold' or 'drop'."),
        ("min_similarity: 0.4", "min_similarity: Input should be greater than or equal to 0.5."),
        ("against: [first]", "against[0]: expected NAME@VERSION of a release."),
        ("min_similarty: 0.9", "min_similarty: unknown key. Did you mean 'min_similarity'?"),
    ],
)
def test_a_fault_in_the_section_is_said_with_its_line(tmp_path: Path, section: str, fault: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"{HEAD}    {section}\n")
    with pytest.raises(ConfigError) as caught:
        read_policy("policy.yaml", tmp_path)
    (said,) = caught.value.problems
    assert said.startswith(f"policy.yaml:6: near_duplicates.texts.{fault}")


def test_a_section_that_compares_nothing_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(HEAD.replace("  texts:\n", "  pictures: false\n"))
    with pytest.raises(
        ConfigError, match=r"policy\.yaml:4: near_duplicates: compares nothing: neither pictures nor texts"
    ):
        read_policy("policy.yaml", tmp_path)


def test_the_section_and_the_filter_need_each_other_and_the_rule_is_on_record() -> None:
    specs = [LicenceFilter().spec, make_filter("exact_duplicates", {}).spec]
    hashes = make_filter("text_minhash", {}).spec
    with pytest.raises(
        ConfigError, match=r"decides on 'text_minhash' \(section `near_duplicates.texts`\), but no such"
    ):
        _policy().require(specs, "recipe.yaml")
    _policy().require([*specs, hashes], "recipe.yaml")
    stated = rules_in_force(_policy(min_similarity=0.9, on_near_duplicate="hold"), [*specs, hashes])
    assert [each for each in stated if each["reason"] == "near_duplicate"] == [
        {
            "filter": "text_minhash",
            "rule": "near_duplicates.texts.on_near_duplicate",
            "measure": "similarity",
            "bound": 0.9,
            "outcome": "hold",
            "reason": "near_duplicate",
        }
    ]


def test_of_the_same_words_the_first_in_the_order_stays_and_nothing_is_estimated(tmp_path: Path) -> None:
    items = [_item(0), _item(1, words=90.0), _item(2), _item(3), _item(4)]
    minima = {0: OWN, 1: OWN, 2: _changed(1), 3: OWN}
    compared = _compare(items, minima, tmp_path, policy=_policy(same_words=True, on_near_duplicate="hold"))
    assert _twins(compared) == {0: 1, 3: 1}
    row = compared.decisions.row(0, named=True)
    assert (row["outcome"], row["value"], row["limit"], row["similarity"]) == ("hold", 1.0, 1.0, 1.0)
    facts = compared.search.facts
    assert (facts["texts"], facts["wordless"], facts["confirmed"], facts["groups"], facts["largest"]) == (4, 1, 2, 1, 2)
    assert (facts["minima"], facts["bands"], facts["found_at_limit"]) == (0, 0, 1.0)


def test_of_the_same_words_under_licences_that_forbid_different_things_the_first_is_held(tmp_path: Path) -> None:
    asks = [{"grant": "restricted", "non_commercial": 1.0}, {"grant": "restricted", "no_derivatives": 1.0}]
    items = [_item(place, **facts) for place, facts in enumerate(asks)]
    compared = _compare(items, {0: OWN, 1: OWN}, tmp_path, policy=_policy(same_words=True))
    assert _twins(compared) == {1: 0}
    assert compared.stricter.select("position", "label").rows() == [(0, "no_derivatives")]


def test_the_same_words_are_not_asked_for_in_earlier_releases(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        'name: a\nversion: "1"\nlicence: {allow: [permissive]}\n'
        "near_duplicates: {pictures: false, texts: {same_words: true, against: [a@1]}}\n"
    )
    with pytest.raises(
        ConfigError, match="same_words compares the texts of one run; for earlier releases leave it out"
    ):
        read_policy("policy.yaml", tmp_path)
