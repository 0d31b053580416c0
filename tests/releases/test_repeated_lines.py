"""Texts that are mostly what many others have: by which rule, of what is not known, and what the section may say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from filters.licence import LicenceFilter
from filters.table import make_filter
from releases.decide import rules_in_force
from releases.policy import Policy, read_policy
from releases.repeated_lines import ITEMS, Compared, Earlier, decide_repeated_lines
from tamis.errors import ConfigError

AWAY = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})

COMMON, OTHER = [11, 30], [12, 10]
"""Digest and length of a line."""


def _policy(*, captions: str = "once", **section: Any) -> Policy:
    facts = {"name": "a", "version": "1", "licence": {"allow": ["permissive"]}, "repeated_lines": section}
    return Policy.model_validate({**facts, "exact_duplicates": {"captions": captions}})


def _item(place: int, **facts: Any) -> dict[str, Any]:
    plain = {"verdict": "keep", "kind": "text", "record": None, "characters": 100.0, "lines": 2.0, "paragraphs": 1.0}
    return {"shard": place % 2, "position": place, **plain, **facts}


class Held:
    """Digests as a test has them, where a run's lie in the log."""

    least_words = 5
    before = Earlier()

    def earlier(self, owned: pl.DataFrame, compared: pl.Expr) -> Earlier:
        return self.before

    def __init__(self, lines: dict[int, list[list[int]]], paragraphs: dict[int, list[list[int]]]) -> None:
        self._pieces = {"line": lines, "paragraph": paragraphs}

    def of(self, owned: pl.DataFrame) -> Iterator[pl.DataFrame]:
        for position, owner in owned.select("position", "owner").iter_rows():
            if position in self._pieces["line"]:
                packed: dict[str, Any] = {"owner": [owner]}
                for name, pieces in self._pieces.items():
                    packed[f"{name}s"] = [np.array([each for each, _ in pieces[position]], "<u8").tobytes()]
                    packed[f"{name}_lengths"] = [np.array([each for _, each in pieces[position]], "<u4").tobytes()]
                yield pl.DataFrame(packed, schema_overrides={"owner": pl.UInt32})


def _own(place: int, length: int = 20) -> list[int]:
    return [1000 + place, length]


def _compare(
    items: list[dict[str, Any]], held: Held, scratch: Path, policy: Policy, away: pl.DataFrame = AWAY
) -> Compared:
    return decide_repeated_lines(policy, pl.DataFrame(items, schema=ITEMS), held, away=away, scratch=scratch)


def _common_lines(texts: int) -> Held:
    """Each has a line of its own and one that all have, which is 30 of its 100 characters."""
    places = range(texts)
    return Held({place: [COMMON, _own(place)] for place in places}, {place: [_own(place, 100)] for place in places})


def test_a_decision_names_the_share_the_limit_and_the_rule(tmp_path: Path) -> None:
    policy = _policy(documents=2, most_share=0.25)
    compared = _compare([_item(place) for place in range(3)], _common_lines(3), tmp_path, policy)
    assert compared.decisions.rows(named=True)[0] == {
        "shard": 0,
        "position": 0,
        "filter": "repeated_lines",
        "outcome": "drop",
        "reason": "lines_repeated",
        "rule": "repeated_lines.most_share",
        "measure": "line_share",
        "value": 0.3,
        "label": None,
        "limit": 0.25,
        "twin_hi": None,
        "twin_lo": None,
        "similarity": None,
        "decisive": True,
    }
    assert compared.decisions.select("shard", "position").rows() == [(0, 0), (0, 2), (1, 1)]
    assert compared.search.facts == {
        "documents": 2,
        "least_words": 5,
        "texts": 3,
        "pieces": 9,
        "repeated": 1,
        "touched": 3,
        "decided": 3,
        "unknown": 0,
        "earlier": 0,
    }


@pytest.mark.parametrize(("documents", "share", "dropped"), [(2, 0.29, 3), (2, 0.3, 0), (3, 0.1, 0)])
def test_a_limit_itself_is_kept(tmp_path: Path, documents: int, share: float, dropped: int) -> None:
    policy = _policy(documents=documents, most_share=share)
    compared = _compare([_item(place) for place in range(3)], _common_lines(3), tmp_path, policy)
    assert compared.decisions.height == dropped


def test_paragraphs_have_a_limit_of_their_own_and_a_text_one_decision(tmp_path: Path) -> None:
    lines = {place: [COMMON, _own(place)] for place in range(3)}
    held = Held(lines, {place: [[21, 40], _own(place, 60)] for place in range(3)})
    items = [_item(place, paragraphs=2.0) for place in range(3)]
    by_rule = {
        rule: _compare(items, held, tmp_path, _policy(documents=1, **limits, on_repeated="hold")).decisions
        for rule, limits in {
            "most_share": {"most_share": 0.1, "most_paragraph_share": 0.1},
            "most_paragraph_share": {"most_share": 0.3, "most_paragraph_share": 0.3},
            "none": {"most_share": None, "most_paragraph_share": 0.4},
        }.items()
    }
    assert set(by_rule["most_share"]["rule"]) == {"repeated_lines.most_share"}
    assert by_rule["most_share"].height == 3
    assert by_rule["most_paragraph_share"].select("rule", "measure", "value", "outcome").unique().rows() == [
        ("repeated_lines.most_paragraph_share", "paragraph_share", 0.4, "hold")
    ]
    assert by_rule["none"].is_empty()


@pytest.mark.parametrize(
    "facts",
    [{"verdict": "hold"}, {"verdict": "drop"}, {"record": 1}, {"shard": 7}],
    ids=["held", "dropped", "a caption", "put away by another step"],
)
def test_what_does_not_stay_counts_for_nobody(tmp_path: Path, facts: dict[str, Any]) -> None:
    items = [_item(0), _item(1), {**_item(2), **facts}]
    away = pl.DataFrame({"shard": [7], "position": [2]}, schema=AWAY.schema)
    policy = _policy(documents=2, most_share=0.1, captions="each")
    compared = _compare(items, _common_lines(3), tmp_path, policy, away)
    assert compared.decisions.is_empty()
    assert compared.search.texts == 2


@pytest.mark.parametrize(
    "facts",
    [{"characters": None}, {"characters": float("nan")}, {"lines": None}, {"lines": 3.0}, {"paragraphs": float("nan")}],
)
def test_what_is_not_known_is_held_whatever_the_share(tmp_path: Path, facts: dict[str, Any]) -> None:
    items = [_item(0, **facts), _item(1), _item(2)]
    compared = _compare(items, _common_lines(3), tmp_path, _policy(documents=2, most_share=0.1))
    first = compared.decisions.filter(pl.col("position") == 0).row(0, named=True)
    assert (first["outcome"], first["reason"], first["rule"]) == ("hold", "score_missing", "repeated_lines")
    assert (compared.search.unknown, compared.search.decided) == (1, 2)


def test_a_text_without_words_is_not_repeated(tmp_path: Path) -> None:
    items = [_item(0, characters=0.0, lines=0.0, paragraphs=0.0), _item(1)]
    compared = _compare(items, Held({1: [COMMON, OTHER]}, {1: [[21, 40]]}), tmp_path, _policy(most_share=0.0))
    assert compared.decisions.is_empty()


def test_nothing_to_compare_is_no_decision(tmp_path: Path) -> None:
    assert _compare([], Held({}, {}), tmp_path, _policy()).decisions.is_empty()


def test_without_a_limit_nothing_would_be_decided(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        'name: a\nversion: "1"\nlicence: {allow: [permissive]}\n'
        "repeated_lines: {most_share: null, most_paragraph_share: null}\n"
    )
    with pytest.raises(ConfigError, match="expected most_share, most_paragraph_share or both"):
        read_policy("policy.yaml", tmp_path)


def test_section_and_filter_ask_for_one_another() -> None:
    specs = [LicenceFilter().spec, make_filter("exact_duplicates", {}).spec]
    with pytest.raises(ConfigError, match=r"decides on 'repeated_lines', but no such filter runs"):
        _policy().require(specs, "recipe")
    _policy().require([*specs, make_filter("repeated_lines", {}).spec], "recipe")
    stated = [
        (rule["rule"], rule["measure"], rule["bound"], rule["outcome"], rule["reason"])
        for rule in rules_in_force(_policy(most_share=0.4), specs)
        if rule["filter"] == "repeated_lines"
    ]
    assert stated == [
        ("repeated_lines", None, None, "hold", "score_missing"),
        ("repeated_lines.most_share", "line_share", 0.4, "drop", "lines_repeated"),
        ("repeated_lines.most_paragraph_share", "paragraph_share", 0.5, "drop", "lines_repeated"),
    ]
