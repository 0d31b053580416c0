"""Masking: what is named is gone, what is not stays, and what cannot be masked whole is not masked by halves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.licence import LicenceFilter
from releases.decide import decide
from releases.policy import Policy
from releases.pseudonym import pseudonym, scope_of
from releases.redact import kept, mask
from tamis.errors import ContractError
from tamis.records import Measure
from tamis.testing import Answer, ScriptedFilter, text_batch

Found = tuple[str, int, int, float, tuple[int, int] | None]
"""Kind, start, end, score, and the keyed digest of the value."""

ADA, BOB = (7, 1), (7, 2)
MEASURES = tuple(Measure(name, "number", "") for name in ("hits", "density"))


def _policy(section: dict[str, Any], name: str = "test") -> Policy:
    return Policy.model_validate(
        {"name": name, "version": "1", "licence": {"allow": ["permissive"]}, "personal_data": section}
    )


def _kept(policy: Policy, found: Iterable[tuple[str, list[Found]]]) -> list[tuple[str, int]]:
    """What stays of texts in which this was found: text and number of masked places."""
    found = list(found)
    answers = {
        text: Answer(
            measures={"hits": float(len(places)), "density": 0.0},
            spans=[(kind, start, end, score, "R", *(value or ())) for kind, start, end, score, value in places],
        )
        for text, places in found
    }
    batch = text_batch([text for text, _ in found], claims=[("column", "MIT")])
    filters = [ScriptedFilter(answers, name="personal_data", measures=MEASURES), LicenceFilter()]
    findings = {each.spec.name: run_filter(each, batch) for each in filters}
    decisions = decide(policy, batch, findings, [each.spec for each in filters])
    return kept(policy, batch, findings, decisions).select("text", "n_masked").rows()


def _address(text: str, value: tuple[int, int] | None, *, score: float = 1.0) -> Found:
    """The address in a text: what ends in `@x.y`."""
    place = re.search(r"\w+@x\.y", text)
    assert place
    return "EMAIL_ADDRESS", place.start(), place.end(), score, value


def test_each_span_becomes_its_kind() -> None:
    assert mask("ab cd ef", [(0, 2, "A"), (2, 3, "B"), (6, 8, "A")]) == "<A><B>cd <A>"


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 5, "A"), (4, 8, "B")],
        [(4, 6, "A"), (0, 2, "B")],
        [(0, 8, "A"), (2, 4, "B")],
        [(6, 9, "A")],
        [(-2, 2, "A")],
        [(3, 3, "A")],
        [(5, 3, "A")],
    ],
    ids=["overlap", "out of order", "nested", "beyond the end", "before the start", "empty", "backwards"],
)
def test_spans_that_cannot_be_masked_one_by_one_are_a_broken_promise(spans: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ContractError, match="of a text of 8 characters") as caught:
        mask("ab cd ef", spans)
    assert "cd" not in str(caught.value)


PIECES = st.text() | st.sampled_from(("<EMAIL_ADDRESS>", "<EMAIL_ADDRESS_3f9a2c41d0>", "<", ">", "é", "e\u0301", "🏳️‍🌈"))
VALUES = st.none() | st.tuples(*[st.integers(0, 2**64 - 1)] * 2)


@given(
    pieces=st.lists(st.tuples(PIECES, PIECES.filter(bool), VALUES), min_size=1, max_size=6),
    last=PIECES,
    action=st.sampled_from(("redact", "pseudonym")),
    scope=st.sampled_from(("release", "item")),
)
def test_whatever_is_not_a_place_stays_as_it_is(
    pieces: list[tuple[str, str, tuple[int, int] | None]], last: str, action: str, scope: str
) -> None:
    """Also where it looks like a placeholder: what was there from the start is neither taken out nor counted."""
    text, places = "", list[Found]()
    for before, covered, value in pieces:
        start = len(text) + len(before)
        text += before + covered
        places.append(("EMAIL_ADDRESS", start, start + len(covered), 1.0, value))
    policy = _policy({"default": action, "pseudonym_scope": scope})
    ((masked, count),) = _kept(policy, [(text + last, places)])
    assert count == len(pieces)
    rest = masked
    for before, _, value in pieces:
        assert rest.startswith(before)
        rest = rest.removeprefix(before)
        digits = "_[0-9a-f]{10}" if action == "pseudonym" and value else ""
        placeholder = re.match(f"<EMAIL_ADDRESS{digits}>", rest)
        assert placeholder
        rest = rest[placeholder.end() :]
    assert rest == last


def test_equal_values_have_equal_pseudonyms_in_all_texts() -> None:
    texts = [("ada@x.y wrote", ADA), ("to ADA@x.y", ADA), ("and bob@x.y", BOB)]
    found = [(text, [_address(text, value)]) for text, value in texts]
    (one, _), (two, _), (three, _) = _kept(_policy({"default": "pseudonym"}), found)
    ada, bob = one.removesuffix(" wrote"), three.removeprefix("and ")
    assert re.fullmatch(r"<EMAIL_ADDRESS_[0-9a-f]{10}>", ada)
    assert two == f"to {ada}"
    assert ada != bob


def test_within_items_a_value_can_be_followed_in_its_text_alone() -> None:
    twice = [("EMAIL_ADDRESS", 0, 2, 1.0, ADA), ("EMAIL_ADDRESS", 3, 5, 1.0, ADA), ("EMAIL_ADDRESS", 6, 8, 1.0, BOB)]
    policy = _policy({"default": "pseudonym", "pseudonym_scope": "item"})
    (one, _), (two, _) = _kept(policy, [("aa aa bb", twice), ("cc cc dd", twice)])
    first, second = one.split(" "), two.split(" ")
    assert first[0] == first[1] != first[2]
    assert second[0] == second[1] != second[2]
    assert not set(first) & set(second)


def test_what_a_pseudonym_depends_on_and_what_not() -> None:
    of = scope_of("release", "open", (1, 2))
    said = pseudonym("EMAIL_ADDRESS", ADA, scope=of)
    assert said == pseudonym("EMAIL_ADDRESS", ADA, scope=scope_of("release", "open", (3, 4)))
    others = {
        pseudonym("PHONE_NUMBER", ADA, scope=of),
        pseudonym("EMAIL_ADDRESS", BOB, scope=of),
        pseudonym("EMAIL_ADDRESS", ADA, scope=scope_of("release", "strict", (1, 2))),
        pseudonym("EMAIL_ADDRESS", ADA, scope=scope_of("item", "open", (1, 2))),
        pseudonym("EMAIL_ADDRESS", ADA, scope=scope_of("item", "open", (3, 4))),
    }
    assert len({said, *others}) == 6


def test_a_pseudonym_is_not_made_of_the_digits_on_record() -> None:
    hi, lo = 0x3F9A2C41D05B6E78, 0x1122334455667788
    said = pseudonym("EMAIL_ADDRESS", (hi, lo), scope=scope_of("release", "open", (1, 2)))
    assert said not in f"{hi:016x}{lo:016x}"
    # as docs/policy.md has it: sha256 of ["pseudonym",["open"],"EMAIL_ADDRESS","3f9a2c41d05b6e781122334455667788"]
    assert said == "713de8b92c"


def test_a_value_without_a_digest_is_masked_plainly() -> None:
    text = "Ask ada@x.y."
    assert _kept(_policy({"default": "pseudonym"}), [(text, [_address(text, None)])]) == [("Ask <EMAIL_ADDRESS>.", 1)]


def test_places_below_the_least_score_of_their_kind_stay() -> None:
    places: list[Found] = [("PHONE_NUMBER", 0, 2, 0.4, None), ("PHONE_NUMBER", 3, 5, 0.7, None)]
    least = {"kinds": {"PHONE_NUMBER": {"min_score": 0.7}}}
    assert _kept(_policy(least), [("12 34", places)]) == [("12 <PHONE_NUMBER>", 1)]
    assert _kept(_policy({}), [("12 34", places)]) == [("<PHONE_NUMBER> <PHONE_NUMBER>", 2)]


def test_the_order_and_the_cut_of_batches_change_no_text() -> None:
    texts = [(f"{name}@x.y", [_address(f"{name}@x.y", (hi, 5))]) for hi, name in enumerate("abcd")]
    policy = _policy({"default": "pseudonym"})
    whole = _kept(policy, texts)
    assert sorted(_kept(policy, reversed(texts))) == sorted(whole)
    assert [row for each in texts for row in _kept(policy, [each])] == whole
    assert pl.Series([text for text, _ in whole]).is_unique().all()
