"""Decisions: unknown is never allow, and doubt never makes a verdict freer."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.licence import LicenceFilter, evidence_of
from filters.personal_data import PersonalDataFilter
from releases.decide import decide, rules_in_force
from releases.policy import Policy, presets, read_policy
from tamis.records import CLAIM_KINDS, DECISIONS, OUTCOMES, Findings, Measure
from tamis.testing import Answer, ScriptedFilter, text_batch

Claims = list[tuple[str, str]]
LICENCE = LicenceFilter()
PRESETS = {
    name: read_policy(name, Path())[0].model_copy(
        update=dict.fromkeys(("personal_data", "nsfw", "exact_duplicates"), None)
    )
    for name in presets()
}
MIT_CLASSIFIER = ("classifier", "License :: OSI Approved :: MIT License")
OWN_TERMS = "Nobody may make any commercial use of this work, of a copy of it, or of what is made from it, at any time."


def _decisions(policy: Policy, claims: Claims) -> pl.DataFrame:
    batch = text_batch(["prose"], claims=claims)
    return decide(policy, batch, {"licence": run_filter(LICENCE, batch)}, [LICENCE.spec])


def _verdict(policy: Policy, claims: Claims) -> int:
    """The place of the strictest outcome in OUTCOMES."""
    outcomes = _decisions(policy, claims)["outcome"].cast(pl.String)
    return max((OUTCOMES.index(outcome) for outcome in outcomes), default=OUTCOMES.index("keep"))


@pytest.mark.parametrize(
    "claims",
    [
        [("license-expression", "LicenseRef-Foo-Proprietary"), MIT_CLASSIFIER],
        [("license-expression", "MIT AND LicenseRef-Proprietary"), MIT_CLASSIFIER],
        [("column", "research only, ask us"), ("column", "MIT")],
        [("column", "NONE"), ("column", "MIT")],
        [("column", "NONE"), ("license-expression", "MIT")],
        [("column", "NOASSERTION"), ("column", "MIT")],
        [("licence-file", OWN_TERMS), MIT_CLASSIFIER],
        [("licence-file", f"SPDX-License-Identifier: MIT\n{OWN_TERMS}")],
    ],
)
def test_what_was_not_understood_is_held_with_its_reason(claims: Claims) -> None:
    decisions = _decisions(PRESETS["open"], claims)
    assert decisions["reason"].to_list() == ["licence_not_understood"]
    assert decisions["rule"].to_list() == ["licence.on_not_understood"]
    assert decisions["outcome"].to_list() == ["hold"]
    dropping = {"licence": PRESETS["open"].licence.model_copy(update={"on_not_understood": "drop"})}
    assert _verdict(PRESETS["open"].model_copy(update=dropping), claims) == OUTCOMES.index("drop")


@pytest.mark.parametrize(
    "claims",
    [
        [("column", "MIT")],
        [("column", "MIT"), ("corpus", "various")],
        [("column", "n/a"), ("column", "MIT")],
        [("classifier", "License :: OSI Approved"), MIT_CLASSIFIER],
        [("licence-file", OWN_TERMS), ("license-expression", "MIT")],
    ],
)
def test_what_is_settled_by_weightier_evidence_is_kept(claims: Claims) -> None:
    assert _decisions(PRESETS["open"], claims).is_empty()


said_of_licences = [
    "MIT", "CC0-1.0", "CC BY 4.0", "CC-BY-SA-4.0", "GPL", "CC-BY-NC-ND-4.0", "proprietary", "other", "NONE", "n/a",
    "MIT OR GPL-2.0-only", "MIT AND LicenseRef-Acme", "License :: OSI Approved :: MIT License", OWN_TERMS,
    "SPDX-License-Identifier: MIT", f"SPDX-License-Identifier: MIT\n{OWN_TERMS}",
]  # fmt: skip
claims = st.tuples(st.sampled_from(CLAIM_KINDS), st.sampled_from(said_of_licences))


def _best(said: Claims) -> dict[str, int]:
    """The highest level that names each class."""
    best: dict[str, int] = {}
    for piece in (piece for claim in said for piece in evidence_of(*claim) if piece.reading.unread is None):
        best[piece.reading.grant] = max(piece.level, best.get(piece.reading.grant, 0))
    return best


@pytest.mark.parametrize("preset", presets())
@given(said=st.lists(claims, max_size=4), more=claims)
def test_only_better_evidence_for_a_class_that_was_named_loosens(
    preset: str, said: Claims, more: tuple[str, str]
) -> None:
    """Adding a denial, another class or a statement that is not understood never does."""
    before, adds = _best(said), _best([more])
    establishes = bool(adds) and not before
    improves = any(level > before[grant] for grant, level in adds.items() if grant in before)
    if not establishes and not improves:
        assert _verdict(PRESETS[preset], [*said, more]) >= _verdict(PRESETS[preset], said)


SCORE = Measure("score", "number", "Any number.")


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("side", ["above", "below"])
def test_a_score_that_is_no_finite_number_is_held(value: float | None, side: str) -> None:
    given_by = ScriptedFilter({"x": Answer(measures={"score": value})}, measures=(SCORE,))
    limits = [{"filter": "scripted", "measure": "score", side: 0.5, "outcome": "drop"}]
    policy = Policy.model_validate(
        {"name": "limits", "version": "1", "licence": {"allow": ["permissive"]}, "limits": limits}
    )
    batch = text_batch(["x"])
    decisions = decide(policy, batch, {"scripted": run_filter(given_by, batch)}, [given_by.spec])
    assert decisions.select("outcome", "reason").rows() == [("hold", "score_missing")]


@pytest.mark.parametrize("measure", ["level", "conflict", "no_derivatives", "not_understood"])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_a_licence_with_a_measure_that_is_no_number_is_held(measure: str, value: float | None) -> None:
    batch = text_batch(["prose"], claims=[("column", "MIT")])
    found = run_filter(LICENCE, batch)
    spoiled = Findings(
        found.items.with_columns(pl.lit(value, dtype=pl.Float64).alias(measure)), evidence=found.evidence
    )
    decisions = decide(PRESETS["open"], batch, {"licence": spoiled}, [LICENCE.spec])
    assert "score_missing" in decisions["reason"].to_list()


def test_a_score_below_every_band_is_not_kept() -> None:
    score = Measure("nsfw", "number", "A score without a range.")
    scored = ScriptedFilter({"x": Answer(measures={"nsfw": -math.inf})}, name="nsfw", measures=(score,))
    batch = text_batch(["x"])
    policy = read_policy("open", Path())[0]
    decisions = decide(policy, batch, {"nsfw": run_filter(scored, batch)}, [scored.spec])
    assert decisions["reason"].to_list() == ["score_missing"]


def test_what_was_found_before_a_check_gave_up_counts_even_where_nothing_was_seen_whole() -> None:
    gave_up = Answer(status="check_incomplete", spans=[("CRYPTO", 0, 1, 1.0, "R")])
    found_by = ScriptedFilter({"x": gave_up}, name="personal_data", measures=())
    policy = Policy.model_validate(
        {
            "name": "kinds",
            "version": "1",
            "licence": {"allow": ["permissive"]},
            "personal_data": {"kinds": {"CRYPTO": "drop"}},
        }
    )
    batch = text_batch(["x"])
    decisions = decide(policy, batch, {"personal_data": run_filter(found_by, batch)}, [found_by.spec])
    assert sorted(decisions["reason"]) == ["check_incomplete", "personal_data_dropped"]
    assert decisions.filter("decisive")["outcome"].to_list() == ["drop"]


def test_an_empty_batch_and_one_where_nothing_applies_have_no_decisions() -> None:
    policy = read_policy("open", Path())[0]
    pictures_only = ScriptedFilter({}, name="nsfw", kinds=("image",), measures=(Measure("nsfw", "number", "A score."),))
    for batch in (text_batch([]), text_batch(["x"])):
        decisions = decide(policy, batch, {"nsfw": run_filter(pictures_only, batch)}, [pictures_only.spec])
        assert decisions.schema == DECISIONS
        assert decisions.is_empty()


def test_every_rule_that_is_met_is_among_those_in_force():
    policy = Policy.model_validate(
        {
            "name": "p",
            "version": "1",
            "personal_data": {"default": "redact", "kinds": {"CREDIT_CARD": "drop", "URL": "keep"}, "max_hits": 3},
            "licence": {"allow": ["permissive"]},
        }
    )
    specs = [PersonalDataFilter().spec, LicenceFilter().spec]
    rules = {(row["filter"], row["rule"]): row for row in rules_in_force(policy, specs)}
    assert rules["personal_data", "personal_data.kinds.CREDIT_CARD"]["outcome"] == "drop"
    assert rules["personal_data", "personal_data.max_hits"]["bound"] == 3.0
    assert ("personal_data", "personal_data.kinds.URL") not in rules
    assert rules["licence", "licence.min_level"] == {
        "filter": "licence",
        "rule": "licence.min_level",
        "measure": "level",
        "bound": 1.0,
        "outcome": "hold",
        "reason": "licence_evidence_weak",
    }
    texts = ["card 4111 1111 1111 1111", "a@example.com b@example.com c@example.com d@example.com", "nothing"]
    batch = text_batch(texts, claims=[("column", "nobody knows")])
    found = {each.spec.name: run_filter(each, batch) for each in (PersonalDataFilter(), LicenceFilter())}
    met = decide(policy, batch, found, specs).select("filter", "rule").rows()
    assert len(set(met)) > 3
    assert set(met) <= rules.keys()
