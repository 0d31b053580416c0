"""Decisions: unknown is never allow, and doubt never makes a verdict freer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.log import verdicts_of
from filters.base import run_filter
from filters.licence import LicenceFilter
from filters.personal_data import PersonalDataFilter
from filters.rights.claims import evidence_of
from releases.decide import decide, rules_in_force
from releases.policy import Policy, presets, read_policy
from tamis.records import CLAIM_KINDS, DECISIONS, OUTCOMES, FilterSpec, Findings, Measure
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
    """The highest level that names each class, ancestors apart."""
    best: dict[str, int] = {}
    own = (piece for claim in said if claim[0] != "ancestor" for piece in evidence_of(*claim))
    for piece in (piece for piece in own if piece.reading.unread is None):
        best[piece.reading.grant] = max(piece.level, best.get(piece.reading.grant, 0))
    return best


cases = st.lists(st.tuples(st.lists(claims, max_size=4), claims), min_size=1, max_size=20)
"""Many at once: to decide on a batch takes as long as on one item."""


def _verdicts(said: list[Claims]) -> dict[str, list[int]]:
    """By preset, for items with those claims."""
    batch = text_batch(f"item {place}" for place in range(len(said)))
    written = [[{"kind": kind, "value": value} for kind, value in each] for each in said]
    batch = batch.with_columns(pl.Series("claims", written, dtype=batch.schema["claims"]))
    found = run_filter(LICENCE, batch)
    by_preset = {}
    for name, policy in PRESETS.items():
        decisions = decide(policy, batch, {"licence": found}, [LICENCE.spec])
        strictest = verdicts_of(batch, decisions)["verdict"].cast(pl.String)
        by_preset[name] = [OUTCOMES.index(outcome) for outcome in strictest]
    return by_preset


@settings(max_examples=40)
@example(
    cases=[([("license-expression", "MIT OR GPL-2.0-only"), ("column", "MIT"), ("hub-card", "GPL")], ("corpus", "GPL"))]
)
@given(cases=cases)
def test_only_better_evidence_for_a_class_that_was_named_loosens(cases: list[tuple[Claims, tuple[str, str]]]) -> None:
    """Adding a denial, another class or a statement that is not understood never does."""
    before = _verdicts([said for said, _ in cases])
    after = _verdicts([[*said, more] for said, more in cases])
    for place, (said, more) in enumerate(cases):
        if not _may_loosen(said, more):
            assert all(after[name][place] >= before[name][place] for name in PRESETS)


def _may_loosen(said: Claims, more: tuple[str, str]) -> bool:
    """It establishes a class, names one that was named at a higher level or by another hand, or explains a conflict."""
    before, adds = _best(said), _best([more])
    establishes = bool(adds) and not before
    improves = any(level > before[grant] for grant, level in adds.items() if grant in before)
    confirms = any(_issuers([*said, more], grant) > _issuers(said, grant) for grant in adds if grant in before)
    explains = more[0] == "license-expression" and (" AND " in more[1] or " OR " in more[1])
    return establishes or improves or confirms or explains


def _issuers(said: Claims, grant: str) -> int:
    """How many hands name the class: one that named another before confirms it all the same."""
    pieces = (piece for claim in said for piece in evidence_of(*claim))
    return len({piece.issuer for piece in pieces if piece.reading.unread is None and piece.reading.grant == grant})


@settings(max_examples=40)
@given(cases=cases)
def test_no_ancestor_ever_loosens(cases: list[tuple[Claims, tuple[str, str]]]) -> None:
    before = _verdicts([said for said, _ in cases])
    after = _verdicts([[*said, ("ancestor", licence)] for said, (_, licence) in cases])
    assert all(later >= first for name in PRESETS for first, later in zip(before[name], after[name], strict=True))


@settings(max_examples=20)
@given(cases=cases)
def test_an_item_without_understood_evidence_never_stays(cases: list[tuple[Claims, tuple[str, str]]]) -> None:
    verdicts = _verdicts([said for said, _ in cases])
    for place, (said, _) in enumerate(cases):
        if not any(piece.reading.unread is None for claim in said for piece in evidence_of(*claim)):
            assert all(verdicts[name][place] >= OUTCOMES.index("hold") for name in PRESETS)


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


PLACES = tuple(Measure(name, "number", "") for name in ("hits", "density"))
Places = list[tuple[str, float]]
"""Kind and score of each place, one character each; a text has two words for each."""


def _personal(section: dict[str, Any]) -> Policy:
    head = {"name": "p", "version": "1", "licence": {"allow": ["permissive"]}}
    return Policy.model_validate({**head, "personal_data": section})


def _found(*texts: Places, valued: bool = True) -> tuple[pl.DataFrame, Findings, FilterSpec]:
    """What a filter says that measured as ours does: every place counts, and each 1,000 words."""
    names = [chr(ord("a") + number) * 8 for number in range(len(texts))]
    answers = {
        name: Answer(
            measures={"hits": float(len(places)), "density": 500.0 if places else 0.0},
            spans=[
                (kind, at, at + 1, score, "R", *((1, at) if valued else ())) for at, (kind, score) in enumerate(places)
            ],
        )
        for name, places in zip(names, texts, strict=True)
    }
    filter_ = ScriptedFilter(answers, name="personal_data", measures=PLACES)
    batch = text_batch(names)
    return batch, run_filter(filter_, batch), filter_.spec


def _said(section: dict[str, Any], *texts: Places, valued: bool = True) -> list[tuple[Any, ...]]:
    batch, found, spec = _found(*texts, valued=valued)
    decisions = decide(_personal(section), batch, {"personal_data": found}, [spec])
    return decisions.select("position", "outcome", "reason", "rule", "measure", "value", "label", "limit").rows()


MAIL, PHONE, SSN = ("EMAIL_ADDRESS", 1.0), ("PHONE_NUMBER", 0.4), ("US_SSN", 0.5)


def test_a_pseudonym_is_told_from_a_mask_by_its_reason() -> None:
    section = {"kinds": {"EMAIL_ADDRESS": "pseudonym"}}
    rule = "personal_data.kinds.EMAIL_ADDRESS"
    pseudonymised = (0, "redact", "personal_data_pseudonymised", rule, "hits", 2.0, "EMAIL_ADDRESS", None)
    masked = (0, "redact", "personal_data_masked", "personal_data.default", "hits", 1.0, "PHONE_NUMBER", None)
    assert _said(section, [MAIL, PHONE, MAIL]) == [pseudonymised, masked]


def test_a_kind_of_which_no_value_has_a_digest_is_said_to_be_masked() -> None:
    ((_, outcome, reason, *_),) = _said({"default": "pseudonym"}, [MAIL], valued=False)
    assert (outcome, reason) == ("redact", "personal_data_masked")


@pytest.mark.parametrize("action", ["redact", "pseudonym", "hold", "drop"])
@pytest.mark.parametrize(("score", "in_force"), [(0.69, False), (0.7, True), (1.0, True)])
def test_a_place_below_the_least_score_of_its_kind_is_no_reason(action: str, score: float, *, in_force: bool) -> None:
    section = {"default": "keep", "kinds": {"PHONE_NUMBER": {"action": action, "min_score": 0.7}}}
    assert bool(_said(section, [("PHONE_NUMBER", score)])) == in_force
    assert _said(section, [MAIL]) == []


def test_a_least_score_without_an_action_leaves_that_to_the_default() -> None:
    section = {"default": "drop", "kinds": {"PHONE_NUMBER": {"min_score": 0.6}}}
    assert [row[1] for row in _said(section, [("PHONE_NUMBER", 0.6)])] == ["drop"]
    assert _said(section, [PHONE]) == []


def test_limits_count_what_is_in_force_also_what_is_kept() -> None:
    kinds = {"PHONE_NUMBER": {"min_score": 0.6}}
    section = {"default": "keep", "kinds": kinds, "max_hits": 2, "max_density": 300}
    three = [MAIL, MAIL, ("PHONE_NUMBER", 0.6)]
    dense = ("hold", "personal_data_dense")
    assert _said(section, [*three, PHONE], [MAIL, MAIL, PHONE, PHONE], []) == [
        (0, *dense, "personal_data.max_hits", "hits", 3.0, None, 2.0),
        (0, *dense, "personal_data.max_density", "density", 375.0, None, 300.0),
    ]
    without = {**section, "kinds": {}}
    assert [row[5] for row in _said(without, [MAIL, MAIL, PHONE, PHONE])] == [4.0, 500.0]


@pytest.mark.parametrize("outcome", ["hold", "drop"])
def test_kinds_that_stand_together_are_met_only_where_all_do(outcome: str) -> None:
    section = {
        "default": "keep",
        "kinds": {"US_SSN": {"min_score": 0.5}},
        "together": [["CRYPTO", "EMAIL_ADDRESS"], ["US_SSN", "EMAIL_ADDRESS"]],
        "on_together": outcome,
    }
    weak = ("US_SSN", 0.3)
    said = _said(section, [MAIL, SSN], [MAIL, MAIL], [SSN, SSN], [MAIL, weak], [PHONE, SSN, MAIL], [])
    expected = (outcome, "personal_data_together", "personal_data.together[1]", None, None, None, None)
    assert said == [(0, *expected), (4, *expected)]


def test_more_places_of_a_kind_than_it_may_have_are_dense() -> None:
    section = {"default": "keep", "max_of_kind": {"EMAIL_ADDRESS": 2, "CRYPTO": 0}, "on_dense": "drop"}
    said = _said(section, [MAIL] * 3, [MAIL, MAIL, PHONE, PHONE], [("CRYPTO", 1.0)])
    rule = "personal_data.max_of_kind"
    assert said == [
        (0, "drop", "personal_data_dense", f"{rule}.EMAIL_ADDRESS", "hits", 3.0, "EMAIL_ADDRESS", 2.0),
        (2, "drop", "personal_data_dense", f"{rule}.CRYPTO", "hits", 1.0, "CRYPTO", 0.0),
    ]


def test_what_stands_together_counts_even_where_a_check_gave_up() -> None:
    gave_up = Answer(
        status="check_incomplete", spans=[(kind, at, at + 1, 1.0, "R") for at, (kind, _) in enumerate((MAIL, SSN))]
    )
    found_by = ScriptedFilter({"xx": gave_up}, name="personal_data", measures=PLACES)
    policy = _personal({"together": [["US_SSN", "EMAIL_ADDRESS"]], "on_together": "drop"})
    batch = text_batch(["xx"])
    decisions = decide(policy, batch, {"personal_data": run_filter(found_by, batch)}, [found_by.spec])
    assert decisions.filter("decisive").select("outcome", "reason").rows() == [("drop", "personal_data_together")]


@pytest.mark.parametrize(
    "section",
    [{"max_hits": 5}, {"max_density": 5.0}, {"max_hits": 5, "kinds": {"PHONE_NUMBER": {"min_score": 0.6}}}],
)
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_limit_on_places_that_were_not_counted_holds(section: dict[str, Any], value: float | None) -> None:
    batch, found, spec = _found([PHONE])
    items = found.items.with_columns(pl.lit(value, dtype=pl.Float64).alias(name) for name in ("hits", "density"))
    spoiled = Findings(items, spans=found.spans)
    decisions = decide(_personal({"default": "keep", **section}), batch, {"personal_data": spoiled}, [spec])
    assert set(decisions["reason"]) == {"score_missing"}
    assert set(decisions["outcome"]) == {"hold"}


places = st.lists(
    st.tuples(st.sampled_from(("EMAIL_ADDRESS", "PHONE_NUMBER", "US_SSN")), st.sampled_from((0.4, 0.7, 1.0))),
    max_size=8,
)
sections = st.fixed_dictionaries(
    {
        "default": st.sampled_from(("keep", "redact", "pseudonym", "hold", "drop")),
        "max_hits": st.none() | st.integers(0, 4),
        "max_density": st.none() | st.sampled_from((0.0, 200.0, 499.0)),
        "max_of_kind": st.dictionaries(st.sampled_from(("EMAIL_ADDRESS", "US_SSN")), st.integers(0, 3)),
        "together": st.sampled_from(([], [["EMAIL_ADDRESS", "US_SSN"]])),
        "on_together": st.sampled_from(("hold", "drop")),
    }
)


@given(found=places, section=sections, least=st.sampled_from((0.5, 0.7, 1.0)))
def test_a_least_score_decides_as_if_what_is_below_had_not_been_found(
    found: Places, section: dict[str, Any], least: float
) -> None:
    scored = {"kinds": {"PHONE_NUMBER": {"min_score": least}}}
    weaker = [place for place in found if not (place[0] == "PHONE_NUMBER" and place[1] < least)]
    with_weak = _said({**section, **scored}, found)
    density = 500.0 * len(weaker) / len(found) if found else 0.0
    batch, clean, spec = _found(weaker)
    clean = Findings(clean.items.with_columns(density=pl.lit(density)), spans=clean.spans)
    policy = _personal({**section, "kinds": {"PHONE_NUMBER": {}}})
    expected = decide(policy, batch, {"personal_data": clean}, [spec])
    columns = ("position", "outcome", "reason", "rule", "measure", "value", "label", "limit")
    assert with_weak == [pytest.approx(row, nan_ok=False) for row in expected.select(columns).rows()]


@given(section=sections, found=st.lists(places, max_size=3))
def test_every_rule_on_personal_data_that_is_met_is_in_force(section: dict[str, Any], found: list[Places]) -> None:
    section = {**section, "kinds": {"PHONE_NUMBER": {"action": "pseudonym", "min_score": 0.7}}}
    policy = _personal(section)
    _, _, spec = _found()
    stated = {(row["rule"], row["outcome"], row["reason"]) for row in rules_in_force(policy, [spec])}
    assert {(rule, outcome, reason) for _, outcome, reason, rule, *_ in _said(section, *found)} <= stated


def test_a_least_score_is_among_the_limits_in_force() -> None:
    section = {"default": "keep", "kinds": {"PHONE_NUMBER": {"action": "pseudonym", "min_score": 0.6}}}
    _, _, spec = _found()
    rows = [row for row in rules_in_force(_personal(section), [spec]) if "kinds" in row["rule"]]
    assert [(row["measure"], row["bound"], row["outcome"]) for row in rows] == [
        ("hits", 0.0, "redact"),
        ("score", 0.6, "redact"),
    ]
    assert {row["reason"] for row in rows} == {"personal_data_pseudonymised"}


@pytest.mark.parametrize("action", ["redact", "pseudonym"])
def test_what_may_not_be_changed_is_held_before_it_is_masked_by_whatever(action: str) -> None:
    batch = text_batch(["me@example.com"], claims=[("column", "CC-BY-ND-4.0")])
    allow = ["permissive", "attribution", "share_alike"]
    filters = [PersonalDataFilter(), LICENCE]
    findings = {each.spec.name: run_filter(each, batch) for each in filters}
    policy = Policy.model_validate(
        {"name": "p", "version": "1", "licence": {"allow": allow}, "personal_data": {"default": action}}
    )
    decisions = decide(policy, batch, findings, [each.spec for each in filters])
    assert "licence_no_derivatives" in decisions["reason"].to_list()
