"""Suppressed values: decided by item and kind, first of what is equally strict, masked where the policy masks."""

import polars as pl
import pytest

from filters.base import run_filter
from filters.licence import LicenceFilter
from releases.decide import decide, rules_in_force
from releases.policy import Policy
from releases.redact import kept
from releases.suppressed import SUPPRESSED, suppressed_in
from tamis.records import SPANS, Measure
from tamis.testing import Answer, ScriptedFilter, text_batch

TEXTS = ["ada bob 1.2.3.4", "bob", "nobody"]
FOUND_BY = ScriptedFilter(
    {
        TEXTS[0]: Answer(
            spans=[("EMAIL", 0, 3, 1.0, "R"), ("EMAIL", 4, 7, 1.0, "R"), ("IP", 8, 15, 1.0, "R")],
            measures={"hits": 3.0},
        ),
        TEXTS[1]: Answer(spans=[("EMAIL", 0, 3, 1.0, "R")], measures={"hits": 1.0}),
        TEXTS[2]: Answer(measures={"hits": 0.0}),
    },
    name="personal_data",
    measures=(Measure("hits", "number", "How many."),),
)
LICENCE = LicenceFilter()
ADA = pl.DataFrame([(0, "EMAIL", 1.0)], schema=SUPPRESSED, orient="row")


def decided(suppressed, **section):
    policy = Policy.model_validate(
        {"name": "p", "version": "1", "licence": {"allow": ["permissive"]}, "personal_data": section}
    )
    batch = text_batch(TEXTS, claims=[("column", "MIT")])
    found = {each.spec.name: run_filter(each, batch) for each in (FOUND_BY, LICENCE)}
    decisions = decide(policy, batch, found, [FOUND_BY.spec, LICENCE.spec], suppressed=suppressed)
    of_people = decisions.filter(pl.col("filter") == "personal_data")
    return of_people, kept(policy, batch, found, decisions)["text"].to_list(), policy


@pytest.mark.parametrize("outcome", ["hold", "drop"])
def test_an_item_with_a_suppressed_value_goes_away_and_no_other_does(outcome):
    decisions, texts, _ = decided(ADA, default="keep", on_suppressed=outcome)
    columns = ["position", "outcome", "reason", "rule", "measure", "value", "label", "decisive"]
    expected = (0, outcome, "subject_suppressed", "personal_data.on_suppressed", "hits", 1.0, "EMAIL", True)
    assert decisions.select(columns).rows() == [expected]
    assert texts == TEXTS[1:]


def test_masking_for_somebody_masks_that_kind_in_that_item_alone():
    _, texts, _ = decided(ADA, default="keep", on_suppressed="redact")
    assert texts == ["<EMAIL> <EMAIL> 1.2.3.4", "bob", "nobody"]
    _, texts, _ = decided(ADA, default="redact", kinds={"IP": "keep"}, on_suppressed="redact")
    assert texts == ["<EMAIL> <EMAIL> 1.2.3.4", "<EMAIL>", "nobody"]


def test_a_suppression_is_named_before_what_is_as_strict_and_never_frees_what_is_stricter():
    decisions, _, _ = decided(ADA, default="drop")
    decisive = decisions.filter("decisive").select("position", "reason").rows()
    assert decisive == [(0, "subject_suppressed"), (1, "personal_data_dropped")]
    decisions, _, _ = decided(ADA, default="drop", on_suppressed="redact")
    assert decisions.filter(pl.col("position") == 0, "decisive")["reason"].to_list() == ["personal_data_dropped"]


def test_an_empty_list_decides_as_none():
    one, texts, _ = decided(SUPPRESSED.to_frame(), default="redact")
    other, same, _ = decided(None, default="redact")
    assert one.equals(other)
    assert texts == same


def test_the_rule_is_among_those_in_force():
    _, _, policy = decided(None, on_suppressed="hold")
    stated = {row["rule"]: row for row in rules_in_force(policy, [FOUND_BY.spec])}["personal_data.on_suppressed"]
    assert (stated["outcome"], stated["reason"], stated["bound"]) == ("hold", "subject_suppressed", 0.0)


def test_places_are_counted_by_item_and_kind_and_those_without_a_value_are_nobodys():
    rows = [
        (0, "EMAIL", 0, 1, 1.0, "R", 1, 1),
        (0, "EMAIL", 2, 3, 1.0, "R", 1, 1),
        (0, "IP", 4, 5, 1.0, "R", 1, 1),
        (1, "EMAIL", 0, 1, 1.0, "R", 1, 2),
        (2, "EMAIL", 0, 1, 1.0, "R", None, None),
    ]
    spans = pl.DataFrame(rows, schema=SPANS, orient="row")
    found = suppressed_in(spans, lambda hi, lo: (hi, lo) == (1, 1))
    assert found.schema == SUPPRESSED
    assert found.rows() == [(0, "EMAIL", 2.0), (0, "IP", 1.0)]
    assert suppressed_in(SPANS.to_frame(), lambda hi, lo: True).is_empty()
