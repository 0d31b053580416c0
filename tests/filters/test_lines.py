"""Lines with a digit: what may be looked for in them alone, and where it then stands."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.personal.lines import digit_lines, needs_digit_lines_only
from filters.personal.national_numbers.table import NATIONAL

CONFINED = {
    row.kind: row.make()
    for row in NATIONAL
    if all(needs_digit_lines_only(pattern.regex) for pattern in row.make().patterns)
}


@pytest.mark.parametrize(
    ("pattern", "confined"),
    [
        (r"\b[0-9]{3}-[0-9]{2}\b", True),
        (r"(?<![0-9A-Z])[A-Z]{2} ?\d{4}", True),
        (r"a1|b2", True),
        (r"a1|b", False),
        (r"[A-Z]\d?", False),
        (r"[A-Z]\d{0,3}", False),
        (r"(?:1|a)2", True),
        (r"(?=1)a", False),
        (r"[0-9A-F]{4}", False),
        (r"\w4", True),
        (r"[\w]", False),
        (r"[\d]", True),
        (r"1\s2", False),
        (r"1(?!\s2)", False),
        (r"1.2", False),
        (r"[^a]1", False),
    ],
)
def test_a_pattern_is_confined_if_each_match_holds_a_digit_and_no_end_of_line(pattern: str, confined: bool) -> None:
    assert needs_digit_lines_only(pattern) is confined


def test_most_national_numbers_are_looked_for_in_such_lines_alone() -> None:
    assert len(CONFINED) > 60
    assert {"FR_NIR", "DE_TAX_ID", "US_SSN"} <= CONFINED.keys()
    assert "IT_FISCAL_CODE" not in CONFINED


_PIECES = ["12", "078-05-1120", "1 85 05 78 006 084 91", "a", "٣", "\n", "\r\n", " ", "RCS ", "x" * 30, "-", ".", "é"]


@given(text=st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
@settings(max_examples=400, deadline=None)
def test_what_is_found_in_the_lines_is_found_in_the_text(text: str) -> None:
    for recognizer in CONFINED.values():
        for pattern in recognizer.patterns:
            compiled = regex.compile(pattern.regex, recognizer.global_regex_flags)
            here = {
                (start + match.start(), start + match.end())
                for start, line in digit_lines(text)
                for match in compiled.finditer(line)
            }
            assert here == {match.span() for match in compiled.finditer(text)}
