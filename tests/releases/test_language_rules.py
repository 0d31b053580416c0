"""What a policy makes of languages: what is not known for sure is never kept, and never called another language."""

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from filters.language import LanguageFilter
from filters.text.languages import languages
from releases.decide import decide, rules_in_force
from releases.policy import Language, Policy
from tamis.records import STATUS, Findings
from tamis.testing import text_batch

SPEC = LanguageFilter().spec
SURE = {"language": "en", "score": 0.9, "share": 1.0, "agrees": 1.0, "script": "Latn"}


def policy(**section):
    return Policy(
        name="test", version="1", licence={"allow": ["permissive"]}, language={"allow": ["en", "fr"]} | section
    )


def decided(section, **measured):
    row = dict.fromkeys(SPEC.schema.names()) | {"position": 0, "status": "seen"} | SURE | measured
    items = pl.DataFrame([row], schema=SPEC.schema)
    return decide(section, text_batch(["prose"]), {"language": Findings(items)}, [SPEC])


def verdict(section, **measured):
    """Outcome and reason of the rule that decides."""
    row = decided(section, **measured).filter(pl.col("decisive"))
    return tuple(row.select(pl.col("outcome").cast(pl.String), "reason").row(0)) if row.height else ("keep", None)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ({}, ("keep", None)),
        ({"language": "fr"}, ("keep", None)),
        ({"language": "de"}, ("drop", "language_not_allowed")),
        ({"language": "de", "score": 0.49}, ("hold", "language_unsure")),
        ({"score": 0.49}, ("hold", "language_unsure")),
        ({"score": 0.5}, ("keep", None)),
        ({"share": 0.79, "second": "ru"}, ("hold", "language_mixed")),
        ({"share": 0.8}, ("keep", None)),
        ({"script": "Cyrl", "agrees": 0.0}, ("hold", "language_script")),
        ({"agrees": None}, ("hold", "language_script")),
        ({"agrees": math.nan}, ("hold", "language_script")),
        ({"language": "und", "score": None, "share": None, "agrees": None}, ("hold", "language_unknown")),
        ({"language": "zxx", "agrees": None}, ("hold", "language_unknown")),
        ({"language": None}, ("hold", "language_unknown")),
        ({"language": "xx"}, ("hold", "language_unknown")),
        ({"score": None}, ("hold", "score_missing")),
        ({"score": math.nan}, ("hold", "score_missing")),
        ({"share": None}, ("hold", "score_missing")),
    ],
)
def test_each_finding_has_its_verdict(measured, expected):
    assert verdict(policy(), **measured) == expected


def test_what_is_no_language_is_kept_where_the_policy_says_so():
    section = policy(allow=["en", "zxx"])
    assert verdict(section, language="zxx", agrees=None) == ("keep", None)
    assert verdict(section, language="und", score=None, share=None) == ("hold", "language_unknown")


@pytest.mark.parametrize(
    ("key", "measured"),
    [
        ("on_other", {"language": "de"}),
        ("on_unknown", {"language": "und"}),
        ("on_unknown", {"score": 0.1}),
        ("on_mixed", {"share": 0.5}),
        ("on_script", {"agrees": 0.0}),
    ],
)
@pytest.mark.parametrize("outcome", ["hold", "drop"])
def test_the_policy_says_what_becomes_of_it(key, measured, outcome):
    assert verdict(policy(**{key: outcome}), **measured)[0] == outcome


def test_a_decision_names_language_measure_and_limit():
    row = decided(policy(), language="de", score=0.25).row(0, named=True)
    assert (row["rule"], row["label"], row["measure"], row["value"], row["limit"]) == (
        "language.min_score", "de", "score", 0.25, 0.5,
    )  # fmt: skip


numbers = st.one_of(st.none(), st.just(math.nan), st.just(math.inf), st.just(-math.inf), st.floats(0, 1))


@given(st.sampled_from([None, "und", "xx", "zxx", "en", "fr", "de"]), numbers, numbers, numbers)
@settings(deadline=None)
def test_only_what_is_allowed_and_known_for_sure_is_kept(language, score, share, agrees):
    kept = verdict(policy(), language=language, score=score, share=share, agrees=agrees)[0] == "keep"
    sure = [value is not None and math.isfinite(value) for value in (score, share)]
    assert kept == (all(sure) and language in {"en", "fr"} and score >= 0.5 and share >= 0.8 and agrees == 1)


def test_every_allowed_language_is_among_the_rules_in_force():
    stated = [rule["rule"] for rule in rules_in_force(policy(), [SPEC])]
    assert {"language.allow.en", "language.allow.fr", "language.min_score", "language.min_share"} <= set(stated)


@pytest.mark.parametrize("allow", [[], ["und"], ["english"], ["xx"]])
def test_only_languages_that_can_be_told_can_be_allowed(allow):
    with pytest.raises(ValidationError):
        Language(allow=allow)
    assert Language(allow=list(languages()))


def test_an_item_that_was_not_seen_is_held():
    items = pl.DataFrame(
        [dict.fromkeys(SPEC.schema.names()) | {"position": 0, "status": "failed"}], schema=SPEC.schema
    ).with_columns(pl.col("status").cast(STATUS))
    rows = decide(policy(), text_batch(["prose"]), {"language": Findings(items)}, [SPEC])
    assert rows["reason"].to_list() == ["check_failed"]
