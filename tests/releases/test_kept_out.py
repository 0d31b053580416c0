"""Which texts a rule keeps out by itself, of a segment as it lies in the log."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from catalog.log import ITEMS, plain
from releases.kept_out import kept_out_of
from releases.policy import Policy
from tamis.records import DECISIONS

POLICY: dict[str, Any] = {"name": "p", "version": "1", "licence": {"allow": ["permissive"]}}

Decision = tuple[str, str, str, str | None]
"""Filter, outcome, rule, label."""


def segment(
    folder: Path, items: list[dict[str, Any]], decisions: list[tuple[int, Decision]], *, closed: tuple[int, ...] = ()
) -> Path:
    named = [{"item_hi": 0, "item_lo": place, "kind": "text", **item} for place, item in enumerate(items)]
    placed = [{"position": place, **item} for place, item in enumerate(named)]
    plain(pl.DataFrame(placed, schema=ITEMS)).write_parquet(folder / "items.parquet")
    rows = [
        {"position": at, "filter": by, "outcome": outcome, "rule": rule, "label": label, "decisive": True}
        for at, (by, outcome, rule, label) in decisions
    ]
    plain(pl.DataFrame(rows, schema=DECISIONS)).write_parquet(folder / "decisions.parquet")
    licences = {
        "position": range(len(items)),
        "no_machine_learning": [float(place in closed) for place in range(len(items))],
    }
    pl.DataFrame(licences, schema_overrides={"position": pl.UInt64}).write_parquet(folder / "findings-licence.parquet")
    return folder


def found(folder: Path, **sections: Any) -> dict[int, str]:
    rows = kept_out_of(folder, Policy.model_validate({**POLICY, **sections}))
    return dict(rows.select("position", "rule").iter_rows())


@pytest.mark.parametrize(
    ("decision", "rule"),
    [
        (("licence", "drop", "licence.allow", "copyleft"), "licence.allow copyleft"),
        (("licence", "hold", "licence.review", "restricted"), "licence.review restricted"),
        (("licence", "drop", "licence.deny", "non_commercial"), "licence.deny non_commercial"),
        (("licence", "hold", "licence.min_level", None), "licence.min_level"),
        (("language", "drop", "language.allow", "de"), "language"),
        (("language", "hold", "language", None), "language"),
        (("evaluation_overlap", "drop", "evaluation_overlap.max_covered", "set/1"), "evaluation_overlap"),
        (("text_quality", "drop", "limits[3]", None), "limits[3]"),
        (("quality_as_dolma", "drop", "quality.gopher-dolma.words.below", None), "quality.gopher-dolma"),
    ],
)
def test_a_rule_has_a_name(tmp_path: Path, decision: Decision, rule: str) -> None:
    assert found(segment(tmp_path, [{}], [(0, decision)])) == {0: rule}


@pytest.mark.parametrize(
    "decision",
    [
        ("personal_data", "drop", "personal_data.on_suppressed", "EMAIL_ADDRESS"),
        ("personal_data", "hold", "personal_data.max_hits", None),
        ("personal_data", "drop", "limits[0]", None),
        ("nsfw", "drop", "nsfw.drop_at", None),
        ("unsafe_words", "drop", "quality.unsafe-words.share.above", None),
        ("unsafe_words", "drop", "limits[0]", None),
        ("text_class", "drop", "limits[0]", None),
        ("url_lists", "drop", "limits[0]", None),
        ("blocklist", "drop", "blocklist.on_listed", "list/1"),
        ("reservation", "drop", "reservation.on_reserved", "robots"),
        ("from_elsewhere", "drop", "limits[0]", None),
        ("language", "hold", "status.too_long", None),
        ("licence", "hold", "licence", None),
        ("reader", "hold", "reader", None),
    ],
)
def test_what_protects_people_or_readers_and_what_nobody_could_look_at_is_never_taken_away(
    tmp_path: Path, decision: Decision
) -> None:
    denied = ("licence", "drop", "licence.allow", "copyleft")
    folder = segment(tmp_path, [{}, {}], [(0, decision), (1, decision), (1, denied)])
    assert found(folder) == {}


def test_a_text_that_two_rules_keep_out_is_of_neither_and_a_mask_is_no_rule(tmp_path: Path) -> None:
    masked = ("personal_data", "redact", "personal_data.default", "EMAIL_ADDRESS")
    classes = [("licence", "drop", "licence.allow", "copyleft"), ("language", "hold", "language.min_share", "de")]
    other = ("language", "hold", "language.min_score", None)
    decisions = [(0, classes[0]), (0, classes[1]), (1, classes[1]), (1, other), (2, masked), (3, masked), (3, other)]
    assert found(segment(tmp_path, [{}] * 4, decisions)) == {1: "language", 3: "language"}


def test_class_and_conditions_of_the_same_licence_are_one_rule_where_they_meet(tmp_path: Path) -> None:
    restricted = ("licence", "drop", "licence.allow", "restricted")
    conditions = [("licence", "drop", "licence.deny", each) for each in ("non_commercial", "no_derivatives")]
    weak = ("licence", "hold", "licence.min_level", None)
    decisions = [(0, restricted), (0, conditions[0]), *((1, each) for each in conditions), (2, restricted), (2, weak)]
    assert found(segment(tmp_path, [{}] * 3, decisions)) == {
        0: "licence.allow restricted + licence.deny non_commercial",
        1: "licence.deny no_derivatives + licence.deny non_commercial",
    }


def test_what_a_licence_closes_to_machine_learning_is_not_learned_from(tmp_path: Path) -> None:
    denied = ("licence", "drop", "licence.allow", "restricted")
    assert found(segment(tmp_path, [{}] * 2, [(0, denied), (1, denied)], closed=(0,))) == {
        1: "licence.allow restricted"
    }


def test_pictures_are_no_texts_and_a_text_that_goes_with_them_is_asked_of_only_where_it_stands_alone(
    tmp_path: Path,
) -> None:
    denied = ("licence", "drop", "licence.allow", "copyleft")
    items = [{"record": 0, "kind": "image"}, {"record": 0}, {"record": 2}, {"record": 2}, {}]
    folder = segment(tmp_path, items, [(place, denied) for place in range(5)])
    assert found(folder).keys() == {2, 3, 4}
    assert found(folder, records={"text": "alone"}).keys() == {1, 2, 3, 4}
