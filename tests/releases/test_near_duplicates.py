"""Near-duplicates: which picture stays for which, by what order, and what becomes of all that is too plain to tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.licence import LicenceFilter
from filters.table import make_filter
from releases.decide import rules_in_force
from releases.laundering import RESTRICTING
from releases.near_duplicates import EARLIER, ITEMS, MAX_RADIUS, PLACED_PRINTS, Compared, decide_near_duplicates
from releases.policy import Policy, read_policy
from tamis.errors import ConfigError

AWAY = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})

RANDOM = np.random.default_rng(11)
PHASH, DHASH, OTHER_PHASH, OTHER_DHASH = (int(word) for word in RANDOM.integers(0, 2**64, 4, dtype=np.uint64))
PDQ = [int(word) for word in RANDOM.integers(0, 2**64, 8, dtype=np.uint64)]


def _policy(**section: Any) -> Policy:
    licence = {"allow": ["permissive", "attribution", "share_alike", "restricted"]}
    return Policy.model_validate({"name": "a", "version": "1", "licence": licence, "near_duplicates": section})


def _item(place: int, **facts: Any) -> dict[str, Any]:
    plain = {"verdict": "keep", "grant": "permissive", "basis": "licence", "width": 400.0, "height": 300.0}
    where = {"shard": place % 3, "position": place, "kind": "image", "item_hi": place, "item_lo": 100 + place}
    return {**dict.fromkeys(RESTRICTING, 0.0), **where, **plain, "hits": None, **facts}


def _prints(
    place: int, *, phash: int, dhash: int, pdq: list[int], quality: int = 90, view: str = "shown"
) -> list[dict[str, Any]]:
    where = {"shard": place % 3, "position": place, "view": view}
    long = {f"bits_{word}": bits for word, bits in enumerate(pdq)}
    return [
        {**where, "algorithm": "phash", "bits_0": phash},
        {**where, "algorithm": "dhash", "bits_0": dhash},
        {**where, "algorithm": "pdq", "quality": quality, **long},
    ]


def _alike(place: int, changed: int = 0, **more: Any) -> list[dict[str, Any]]:
    return _prints(place, **{"phash": PHASH ^ ((1 << changed) - 1), "dhash": DHASH, "pdq": PDQ[:4], **more})


def _compare(
    items: list[dict[str, Any]],
    prints: list[dict[str, Any]],
    *,
    policy: Policy | None = None,
    away: pl.DataFrame = AWAY,
    earlier: list[dict[str, Any]] | None = None,
) -> Compared:
    return decide_near_duplicates(
        policy or _policy(),
        pl.DataFrame(items, schema=ITEMS),
        pl.DataFrame(prints, schema=PLACED_PRINTS),
        away=away,
        earlier=pl.DataFrame(earlier or [], schema=EARLIER),
    )


def _twins(compared: Compared) -> dict[int, int]:
    return dict(compared.decisions.select("position", "twin_lo").with_columns(pl.col("twin_lo") - 100).iter_rows())


def test_a_decision_names_twin_distance_rule_and_limit() -> None:
    compared = _compare([_item(0), _item(1)], [*_alike(0), *_alike(1, 3)])
    (row,) = compared.decisions.rows(named=True)
    assert row == {
        "shard": 1,
        "position": 1,
        "filter": "picture_hashes",
        "outcome": "drop",
        "reason": "near_duplicate",
        "rule": "near_duplicates.on_near_duplicate",
        "measure": "distance",
        "value": 3.0,
        "label": None,
        "limit": 8.0,
        "twin_hi": 0,
        "twin_lo": 100,
        "similarity": pytest.approx(1 - 3 / 64),
        "decisive": True,
    }
    assert compared.search.facts == {
        "radius": 8,
        "second_hash": True,
        "pictures": 2,
        "plain": 0,
        "earlier": 0,
        "expected_chance_pairs": pytest.approx(2.8e-10, rel=0.05),
        "candidates": 1,
        "confirmed": 1,
        "groups": 1,
    }


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ({}, {}, 0),
        ({"grant": "attribution"}, {"grant": "share_alike", "width": 40.0, "hits": 3.0}, 1),
        ({"grant": "unknown", "basis": "own"}, {"width": 40.0}, 1),
        ({"grant": "restricted"}, {"grant": "restricted", "non_commercial": 1.0, "width": 40.0}, 1),
        ({"hits": 0.0}, {"width": 401.0, "hits": 5.0}, 1),
        ({"width": None}, {"width": 4.0}, 1),
        ({"hits": 5.0}, {"hits": 1.0}, 1),
        ({"hits": None}, {"hits": 1.0}, 1),
    ],
)
def test_the_order_is_licence_then_pixels_then_personal_data_then_place(
    first: dict[str, Any], second: dict[str, Any], stays: int
) -> None:
    compared = _compare([_item(0, **first), _item(1, **second)], [*_alike(0), *_alike(1)])
    assert _twins(compared) == {1 - stays: stays}
    assert compared.stricter.is_empty()


def test_a_hash_that_agrees_by_chance_alone_is_not_enough() -> None:
    prints = [*_alike(0), *_alike(1, dhash=OTHER_DHASH, pdq=PDQ[4:])]
    compared = _compare([_item(0), _item(1)], prints)
    assert _twins(compared) == {}
    assert (compared.search.candidates, compared.search.confirmed) == (1, 0)
    assert _twins(_compare([_item(0), _item(1)], prints, policy=_policy(confirm=False))) == {1: 0}


@pytest.mark.parametrize("more", [{"dhash": OTHER_DHASH}, {"pdq": PDQ[4:]}])
def test_either_of_the_other_hashes_confirms(more: dict[str, Any]) -> None:
    assert _twins(_compare([_item(0), _item(1)], [*_alike(0), *_alike(1, 5, **more)])) == {1: 0}


def test_plain_pictures_do_not_stand_for_each_other() -> None:
    flat: dict[str, Any] = {"phash": 1 << 63, "dhash": 0, "pdq": [0] * 4, "quality": 0}
    items = [_item(place) for place in range(6)]
    compared = _compare(items, [row for place in range(6) for row in _prints(place, **flat)])
    assert _twins(compared) == {}
    assert (compared.search.pictures, compared.search.plain) == (0, 6)


def test_a_copy_that_lost_its_orientation_is_found_by_the_picture_as_stored() -> None:
    turned = _prints(0, phash=OTHER_PHASH, dhash=OTHER_DHASH, pdq=PDQ[4:])
    compared = _compare([_item(0), _item(1)], [*turned, *_alike(0, view="stored"), *_alike(1, 2)])
    assert _twins(compared) == {1: 0}
    assert compared.decisions["value"].to_list() == [2.0]


@pytest.mark.parametrize("verdict", ["hold", "drop"])
def test_what_does_not_stay_stands_for_nothing(verdict: str) -> None:
    prints = [*_alike(0), *_alike(1), *_alike(2)]
    held = [_item(0, verdict=verdict), _item(1), _item(2)]
    assert _twins(_compare(held, prints)) == {2: 1}
    elsewhere = pl.DataFrame({"shard": [1], "position": [1]}, schema=AWAY.schema)
    assert _twins(_compare(held, prints, away=elsewhere)) == {}


def test_a_picture_that_lacks_a_condition_of_its_near_duplicate_is_decided_on_like_an_equal_copy() -> None:
    items = [
        _item(0, grant="restricted", non_commercial=1.0),
        _item(1, grant="restricted", no_derivatives=1.0),
        _item(2, grant="permissive"),
    ]
    compared = _compare(items, [*_alike(0), *_alike(1, 2), *_alike(2)])
    assert _twins(compared) == {1: 0, 2: 0}
    (row,) = compared.stricter.rows(named=True)
    told = {key: row[key] for key in ("position", "filter", "outcome", "reason", "rule", "label", "twin_lo")}
    assert told == {
        "position": 0,
        "filter": "licence",
        "outcome": "hold",
        "reason": "licence_stricter_elsewhere",
        "rule": "licence.on_stricter_elsewhere",
        "label": "no_derivatives",
        "twin_lo": 101,
    }
    own = [{**items[0], "basis": "own"}, *items[1:]]
    assert _compare(own, [*_alike(0), *_alike(1, 2), *_alike(2)]).stricter.is_empty()


def test_pictures_of_earlier_releases_come_first() -> None:
    old = [{**row, "item_hi": 7, "item_lo": 777} for row in _alike(40, 1)]
    again = [{**row, "item_hi": 8, "item_lo": 888} for row in _alike(41)]
    compared = _compare([_item(0), _item(1)], [*_alike(0), *_alike(1, 9)], earlier=[*old, *again])
    assert compared.decisions.select("position", "twin_lo", "value").rows() == [(0, 777, 1.0), (1, 777, 8.0)]
    assert (compared.search.earlier, compared.search.groups) == (2, 1)


@pytest.mark.parametrize(
    ("confirm", "pictures", "radius"), [(True, 0, 8), (True, 50_000, 8), (False, 50_000, 7), (False, 3_000, 8)]
)
def test_the_radius_follows_from_how_many_pictures_there_are(confirm: bool, pictures: int, radius: int) -> None:
    hashes = np.random.default_rng(5).integers(0, 2**63, (max(pictures, 1), 6), dtype=np.uint64)
    place = pl.int_range(pictures, eager=True)
    words = {f"bits_{word}": hashes[:pictures, word] for word in range(4)}
    frames = [
        pl.DataFrame({"position": place, "algorithm": name, "view": "shown", "quality": quality, **bits})
        for name, quality, bits in (
            ("phash", None, {"bits_0": hashes[:pictures, 4]}),
            ("dhash", None, {"bits_0": hashes[:pictures, 5]}),
            ("pdq", 90, words),
        )
    ]
    prints = (
        pl.concat(frames, how="diagonal_relaxed")
        .with_columns(shard=pl.lit(0))
        .select(PLACED_PRINTS.names())
        .cast(PLACED_PRINTS)
    )
    one = pl.DataFrame([_item(0)], schema=ITEMS)
    items = one.drop("position", "shard", "item_lo").join(
        pl.DataFrame({"shard": pl.repeat(0, pictures, eager=True), "position": place, "item_lo": place}), how="cross"
    )
    compared = decide_near_duplicates(
        _policy(confirm=confirm), items.select(ITEMS.names()).cast(ITEMS), prints, away=AWAY, earlier=EARLIER.to_frame()
    )
    assert compared.search.radius == radius <= MAX_RADIUS
    assert compared.search.pictures == pictures


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(8)), changes=st.lists(st.integers(0, 12), min_size=8, max_size=8))
def test_the_order_of_rows_changes_nothing_and_nobody_follows_a_follower(order: list[int], changes: list[int]) -> None:
    rows = [(_item(place), _alike(place, change)) for place, change in enumerate(changes)]
    straight = _compare([item for item, _ in rows], [row for _, prints in rows for row in prints])
    mixed = _compare([rows[at][0] for at in order], [row for at in reversed(order) for row in rows[at][1]])
    assert straight.decisions.equals(mixed.decisions)
    twins = _twins(straight)
    assert not twins.keys() & set(twins.values())
    apart = {follower: abs(changes[follower] - changes[leader]) for follower, leader in twins.items()}
    assert all(bits <= 8 for bits in apart.values())
    staying = [changes[place] for place in range(8) if place not in twins]
    assert all(abs(one - other) > 8 for at, one in enumerate(staying) for other in staying[:at])


HEAD = 'name: test\nversion: "1"\nlicence: {allow: [permissive]}\nnear_duplicates:\n'


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("on_near_duplicate: keep", "on_near_duplicate: Input should be 'hold' or 'drop'."),
        ("radius: 11", "radius: expected auto or a whole number of bits from 0 to 10."),
        ("radius: true", "radius: expected auto or a whole number of bits from 0 to 10."),
        ("radius: automatic", "radius: expected auto or a whole number of bits from 0 to 10."),
        ("confirm: perhaps", "confirm: Input should be a valid boolean"),
        ("against: [first]", "against[0]: expected NAME@VERSION of a release."),
        ("agains: []", "agains: unknown key. Did you mean 'against'?"),
    ],
)
def test_a_fault_in_the_section_is_said_with_its_line(tmp_path: Path, section: str, fault: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"{HEAD}  {section}\n")
    with pytest.raises(ConfigError) as caught:
        read_policy("policy.yaml", tmp_path)
    (said,) = caught.value.problems
    assert said.startswith(f"policy.yaml:5: near_duplicates.{fault}")


def test_the_section_and_the_filter_need_each_other() -> None:
    hashes = make_filter("picture_hashes", {}).spec
    with pytest.raises(
        ConfigError, match="decides on 'picture_hashes' \\(section `near_duplicates`\\), but no such filter"
    ):
        _policy().require([LicenceFilter().spec], "recipe.yaml")
    bare = Policy.model_validate({"name": "a", "version": "1", "licence": {"allow": ["permissive"]}})
    with pytest.raises(ConfigError, match="Give the policy a section `near_duplicates`"):
        bare.require([LicenceFilter().spec, hashes], "recipe.yaml")
    _policy().require([LicenceFilter().spec, hashes], "recipe.yaml")


@pytest.mark.parametrize(("radius", "bound"), [("auto", None), (5, 5.0)])
def test_the_rule_is_on_record_for_kept_ones_too(radius: str | int, bound: float | None) -> None:
    specs = [LicenceFilter().spec, make_filter("picture_hashes", {}).spec]
    stated = rules_in_force(_policy(radius=radius, on_near_duplicate="hold"), specs)
    assert [each for each in stated if each["filter"] == "picture_hashes"] == [
        {
            "filter": "picture_hashes",
            "rule": "near_duplicates.on_near_duplicate",
            "measure": "distance",
            "bound": bound,
            "outcome": "hold",
            "reason": "near_duplicate",
        }
    ]
