"""tdmrep.json is read by the W3C report, and where that can be read in two ways, by the stricter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rights.reservations.tdmrep import read_tdmrep, says, says_of_header
from tamis.records import RESERVATIONS


def of_file(body: str, path: str = "/page", *, complete: bool = True) -> str:
    (statement,) = read_tdmrep(body, f"https://provider.com{path}", complete=complete)
    return statement.says


def rules(*said: tuple[str, object]) -> str:
    return json.dumps([{"location": location, "tdm-reservation": value} for location, value in said])


# The report's own examples
EVERY_FILE = '[ { "location": "/", "tdm-reservation": 1 } ]'
GROUPS = """[
  {"location": "/directory-a/", "tdm-reservation": 1},
  {"location": "/directory-b/html/", "tdm-reservation": 1, "tdm-policy":"https://provider.com/policies/policy.json"},
  {"location": "/directory-b/images/*.jpg", "tdm-reservation": 0}
]"""


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        (EVERY_FILE, "/", "reserved"),
        (EVERY_FILE, "/a/b.pdf", "reserved"),
        (GROUPS, "/directory-a/x.pdf", "reserved"),
        (GROUPS, "/directory-b/html/x", "reserved"),
        (GROUPS, "/directory-b/images/x.jpg", "allowed"),
        (GROUPS, "/directory-b/images/x.png", "none_found"),
        (GROUPS, "/directory-c/", "none_found"),
        (rules(("/path/foo-%24", 1)), "/path/foo-$", "reserved"),
        (rules(("/this/path/exactly$", 1)), "/this/path/exactly", "reserved"),
        (rules(("/this/path/exactly$", 1)), "/this/path/exactly/not", "none_found"),
        (rules(("/this/*/then", 1)), "/this/and/then", "reserved"),
        (rules(("/A", 1)), "/a", "none_found"),
        (rules(("/%7Ea", 1)), "/~a", "reserved"),
        # the first in sequence, or the longest: whichever reserves
        (rules(("/a", 1), ("/", 0)), "/a", "reserved"),
        (rules(("/", 0), ("/a", 1)), "/a", "reserved"),
        (rules(("/", 1), ("/a", 0)), "/a", "reserved"),
        (rules(("/a", 0), ("/", 1)), "/a", "allowed"),
        (rules(("/a", 0), ("/", 1)), "/b", "reserved"),
        (rules(("/", 0), ("/", 1)), "/a", "reserved"),
        # values
        (rules(("/", "1")), "/", "reserved"),
        (rules(("/", 1.0)), "/", "reserved"),
        (rules(("/", True)), "/", "reserved"),
        (rules(("/", "0")), "/", "allowed"),
        (rules(("/", False)), "/", "unclear"),
        (rules(("/", 2)), "/", "unclear"),
        (rules(("/", None)), "/", "unclear"),
        (rules(("/", "yes")), "/", "unclear"),
        (rules(("/", [1])), "/", "unclear"),
        ('[{"location": "/", "tdm-policy": "https://provider.com/p"}]', "/", "unclear"),
        ('[{"location": "/", "tdm-reservation": 0, "tdm-policy": "https://provider.com/p"}]', "/", "allowed"),
        ('[{"location": "/", "tdm-reservation": 1, "tdm-reservation": 0}]', "/", "reserved"),
        ('[{"Location": "/", "TDM_Reservation": 1}]', "/", "reserved"),
        # locations
        ('[{"tdm-reservation": 1}]', "/", "unclear"),
        ('[{"location": 7, "tdm-reservation": 1}]', "/", "unclear"),
        ('[{"location": "", "tdm-reservation": 1}]', "/", "unclear"),
        (rules(("page", 1)), "/page", "reserved"),
        (rules(("*", 1)), "/page", "reserved"),
        (rules(("https://provider.com/page", 1)), "/page", "reserved"),
        # files
        ('{"location": "/", "tdm-reservation": 1}', "/", "reserved"),
        ('{"rules": []}', "/", "unclear"),
        ('["/", 1]', "/", "unclear"),
        ('[{"location": "/", "tdm-reservation": 0}, "junk"]', "/", "unclear"),
        ("[]", "/", "none_found"),
        ("", "/", "none_found"),
        (" \n", "/", "none_found"),
        ("\ufeff" + EVERY_FILE, "/", "reserved"),
        (EVERY_FILE[:-1], "/", "unclear"),
        ("<!DOCTYPE html>", "/", "unclear"),
        ("null", "/", "unclear"),
        ("1", "/", "unclear"),
        ("[" * 100_000, "/", "unclear"),
        ("[" + "1" * 5000 + "]", "/", "unclear"),
        (rules(("/", float("nan"))), "/", "unclear"),
    ],
)  # fmt: skip
def test_a_file_says_what_the_report_makes_of_it(body: str, path: str, expected: str) -> None:
    assert of_file(body, path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", "reserved"), ("0", "allowed"), (" 1 ", "reserved"), ('"1"', "reserved"), ("01", "unclear"), ("", "unclear"),
     ("true", "unclear"), (1, "reserved"), (0, "allowed"), (0.0, "allowed"), (-1, "unclear"), ({}, "unclear")],
)  # fmt: skip
def test_a_value_is_one_or_nought_or_unclear(value: object, expected: str) -> None:
    assert says(value) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [(["1"], "reserved"), (["0"], "allowed"), (["0", "1"], "reserved"), (["0, 1"], "reserved"), (["0", "x"], "unclear"),
     (["0", "0"], "allowed"), (["x"], "unclear")],
)  # fmt: skip
def test_headers_that_contradict_one_another_reserve(values: list[str], expected: str) -> None:
    assert says_of_header(values) == expected


def test_what_was_cut_says_no_less_than_unclear() -> None:
    assert of_file(EVERY_FILE, complete=False) == "reserved"
    assert of_file(rules(("/", 0)), complete=False) == "unclear"
    assert of_file("[]" + " " * 600_000) == "unclear"


def test_an_unknown_path_is_any_path() -> None:
    assert read_tdmrep(rules(("/a", 1)), "")[0].says == "unclear"
    assert read_tdmrep(rules(("/", 1)), "")[0].says == "reserved"
    assert read_tdmrep(rules(("/a", 0)), "")[0].says == "none_found"


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.text(max_size=3), st.just([1]))
OTHER = st.fixed_dictionaries(
    {},
    optional={
        "location": st.sampled_from(["/", "/page", "/other", "*", 7, None]),
        "tdm-reservation": VALUES,
        "tdm-policy": VALUES,
        "x": VALUES,
    },
)
RESERVED = {"location": "/page$", "tdm-reservation": 1}


@given(
    st.lists(st.one_of(OTHER, VALUES), max_size=5),
    st.lists(st.one_of(OTHER, VALUES), max_size=5),
    st.sampled_from([None, 2]),
)
@settings(deadline=None)
def test_no_rule_beside_it_takes_the_longest_rule_away(before: list[object], behind: list[object], indent: int) -> None:
    assert of_file(json.dumps([*before, RESERVED, *behind], indent=indent)) == "reserved"


@given(st.lists(OTHER, max_size=3), st.text(max_size=10), st.data())
@settings(deadline=None)
def test_junk_and_cuts_leave_a_reservation_or_make_it_unclear(
    behind: list[object], junk: str, data: st.DataObject
) -> None:
    body = json.dumps([RESERVED, *behind])
    assert of_file(body + junk) in {"reserved", "unclear"}
    assert of_file(body[: data.draw(st.integers(0, len(body)))], complete=False) in {"reserved", "unclear"}


@given(
    st.one_of(
        st.text(max_size=100),
        st.recursive(
            VALUES,
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.sampled_from(["location", "tdm-reservation", "x"]), inner)
            ),
            max_leaves=8,
        ).map(json.dumps),
    ),
    st.text(max_size=30),
)
@settings(max_examples=300, deadline=None)
def test_no_file_raises(body: str, path: str) -> None:
    assert of_file(body, path) in RESERVATIONS
