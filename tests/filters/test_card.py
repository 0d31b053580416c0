"""Card numbers: brands, check digits, groups, and what is none."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.personal.card import GATE, VERIFIED, WITH_A_WORD, CardRecognizer, has_luhn_digit

CARDS = CardRecognizer()


def found(text: str) -> list[tuple[str, float]]:
    return [(text[start:end], score) for start, end, score in CARDS.places(text)]


def with_check_digit(digits: str) -> str:
    return next(f"{digits}{last}" for last in "0123456789" if has_luhn_digit(f"{digits}{last}"))


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",  # test numbers that the networks and their processors publish
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "30569309025904",
        "38520000023237",
        "6011111111111117",
        "3530111333300000",
        "6200000000000005",
        "2201382000000013",
        "6759649826438453",
    ],
)
def test_each_brand_is_known_by_its_range(number: str) -> None:
    assert found(f"paid with {number}.") == [(number, VERIFIED)]
    spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    if len(number) % 4 == 0:
        assert found(spaced) == [(spaced, VERIFIED)]
        assert found(spaced.replace(" ", "-")) == [(spaced.replace(" ", "-"), VERIFIED)]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert found(f"my card {wrong}") == []


def test_american_express_is_grouped_otherwise() -> None:
    assert found("3782 822463 10005") == [("3782 822463 10005", VERIFIED)]


def test_a_card_is_found_before_what_is_printed_behind_it() -> None:
    assert found("4111 1111 1111 1111 123 12/29") == [("4111 1111 1111 1111", VERIFIED)]


def test_what_is_in_no_range_needs_a_word() -> None:
    number = with_check_digit("50380205377")
    assert found(f"order {number}") == []
    assert found(f"the amount for cc {number}") == [(number, WITH_A_WORD)]
    assert found(f"Kreditkarte Nr. {number}") == [(number, WITH_A_WORD)]
    assert found(f"discarded {number}") == []


@pytest.mark.parametrize(
    "text",
    [
        *("ISBN 9780306406157", "1600000000000", "0000000000000000", "4111.1111.1111.1111", "a4111111111111111"),
        *("id/5390364397928448", "fuzzer-5390364397928448", "41111111111111111111111", "4111 1111-1111 1111"),
        *("diff --cc:\n ::100644 100644 100644", "4,111,111,111,111,111", "4111111111111111.5"),
    ],
)
def test_what_is_no_card_is_left_alone(text: str) -> None:
    assert found(text) == []


@given(text=st.lists(st.sampled_from(["4111", "1111", " ", "-", "card ", "3782", "822463", "10005", "."])).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_found_passes_the_gate(text: str) -> None:
    if found(text):
        assert pl.Series([text]).str.contains(GATE).all()


@given(digits=st.text("0123456789", min_size=11, max_size=18))
def test_one_digit_in_ten_is_the_check_digit(digits: str) -> None:
    assert sum(has_luhn_digit(f"{digits}{last}") for last in "0123456789") == 1
