"""Telephone numbers: how people write them, and what is none."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.personal.phone import WindowedPhoneRecognizer, digits_of, is_proven
from filters.personal.telephone import ASSIGNED, GATE, WRITTEN, TelephoneRecognizer

TELEPHONES = TelephoneRecognizer()


def found(text: str) -> list[tuple[str, float]]:
    return [(text[start:end], score) for start, end, score in TELEPHONES.places(text)]


@pytest.mark.parametrize(
    ("written", "score"),
    [
        ("+44 20 7946 0958", ASSIGNED),
        ("+33 1 23 45 67 89", ASSIGNED),
        ("+46 (0)8 928 571 38", ASSIGNED),
        ("0049 30 901820", ASSIGNED),
        ("001-518-640-0854", ASSIGNED),
        ("00491701234567", ASSIGNED),
        ("00 47 22 85 50 50", ASSIGNED),
        ("004722855050", ASSIGNED),
        ("(212) 555-0187", WRITTEN),
        ("212-555-0187", WRITTEN),
        ("1-800-273-8255", WRITTEN),
        ("212.555.0187x45", WRITTEN),
        ("01 23 45 67 89", ASSIGNED),
        ("01.84.17.61.18", ASSIGNED),
        ("020 7946 0958", ASSIGNED),
        ("089/1234-5678", WRITTEN),
        ("0490 75 40 81", ASSIGNED),
    ],
)
def test_a_number_is_found_as_it_is_written(written: str, score: float) -> None:
    assert found(f"Reception: {written}, ask for her.") == [(written, score)]


@pytest.mark.parametrize(
    "said",
    [
        *("Phone: 467 3395", "Tel. 78 651 450", "call me at 699 956 915", "my mobile number is 5551234567"),
        *("Téléphone : 699 956 915", "Handy 9472 7916", "móvil: 612345678", "ring him on 450 0840", "Fax 9498777106"),
        *("416 60 039 office", "451 5986 (fax)", "Desk: 60-56-85-91", "PHONE\n358 0594"),
    ],
)
def test_a_word_for_telephone_makes_a_number_of_any_grouping(said: str) -> None:
    assert len(found(said)) == 1
    assert found(said)[0][1] == WRITTEN


@pytest.mark.parametrize(
    "text",
    [
        *("in 1687 and 1640-1649", "on 2012-01-02 08:00:00", "02.03.2019 14:15", "12/31/1999 10:00"),
        *("version 1.23.456.7890", "gcc-12 (12-20220214-1)", "1,234,567,890 people", "ISBN 0-19-853453-1"),
        *("Boston, MA 02110-1301 USA", "SSN 078-05-1120", "<Buffer 08 07 06 05 04>", "0.12 0.34 0.56 0.78"),
        *("E 76(2), 026107 (2007).", "DFARS 252.227-7013", "112-555-0187", "212-155-0187", "id=0612345678"),
        *("system call 12345678", "telnet 12345678", "hotel 1234567", "/2027/mdp.39015026483944", "5555555 items"),
        *("ISBN 0049666223", "partita IVA 00203172125", "numéro fiscal 04 12 193 094 055"),
        *("192.168.100.200", "10 000 000 000", "+1", "+999 123 456 789", "1600000000"),
    ],
)
def test_what_is_no_number_of_a_telephone_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_bracket_around_more_than_the_number_is_left() -> None:
    assert found("Ada (0161 496 0182, mornings)") == [("0161 496 0182", ASSIGNED)]
    assert found("Ada (call 555-0187 or (0161) 496 0182)")[-1] == ("(0161) 496 0182", ASSIGNED)


def test_an_assigned_number_is_told_from_one_that_only_looks_so() -> None:
    assert found("dial +44 20 7946 0958 or +44 1111 111111") == [("+44 20 7946 0958", 1.0), ("+44 1111 111111", 0.6)]


_PARTS = ["+", "0", "00", "1", "212", "555", "0187", " ", "-", ".", "(", ")", "/", "Tel: ", "x45", "\n", "é", "２"]


@given(text=st.lists(st.sampled_from(_PARTS), max_size=24).map("".join))
@settings(max_examples=400, deadline=None)
def test_whatever_is_found_passes_the_gate(text: str) -> None:
    if found(text):
        assert pl.Series([text]).str.contains(GATE).all()


@pytest.mark.parametrize("unit", ["1", "1 ", "+1", "0(", "00 ", "212-", "Tel: ", "+44 20 7946 0958 ", "(0)", "x1 "])
def test_the_cost_grows_with_the_length(unit: str) -> None:
    def seconds(n: int) -> float:
        text = (unit * n)[:n]
        started = time.process_time()
        list(TELEPHONES.places(text))
        return time.process_time() - started

    assert seconds(200_000) < 20


def test_libphonenumber_is_asked_about_parts_that_were_worked_out_for_its_pattern() -> None:
    assert is_proven()


def test_a_run_of_digits_that_would_take_minutes_is_not_passed_as_clean() -> None:
    with pytest.raises(TimeoutError):
        list(WindowedPhoneRecognizer().places("0123 " * 5000))


def test_digits_of_every_script_are_digits() -> None:
    assert digits_of("٣ 4-４") == "344"
