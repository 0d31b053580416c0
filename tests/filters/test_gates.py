"""A gate lets through whatever its recognizer could match, over all of Unicode, and holds for no other patterns."""

from __future__ import annotations

import re
import sys

import polars as pl
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import Pattern, PatternRecognizer

from filters.personal import proven_gates
from filters.personal.engine import Engine
from filters.personal.entities import ENTITIES
from filters.personal.entity import DIGIT, HEX, WORD, Entity
from filters.personal.kinds import kinds
from filters.personal.proven_gates import fingerprint, gates_that_hold
from filters.personal.stock import STOCK
from tools.record_kinds import recorded

ROWS = [*(("entities", row) for row in ENTITIES.values()), *(("stock", row) for row in STOCK.values())]
GATED = [(table, row) for table, row in ROWS if row.gate]
EVERY_CHARACTER = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))


@pytest.mark.parametrize(
    ("pattern", "gate"),
    [(r"\d", DIGIT), (r"\w", WORD), ("[0-9a-f]", HEX), ("[a-z]", WORD), ("[a-z0-9._-]", rf"{WORD}|[.\-]")],
)
def test_every_character_that_a_pattern_takes_passes_the_gate(pattern: str, gate: str) -> None:
    taken = regex.findall(pattern, EVERY_CHARACTER, flags=regex.IGNORECASE)
    passed = pl.Series(taken).str.contains(f"^(?:{gate})$")
    assert len(taken) >= 10
    assert passed.all()


@pytest.mark.parametrize(("table", "row"), GATED, ids=[f"{table}-{row.kind}" for table, row in GATED])
def test_each_gate_was_proven_for_the_patterns_that_are_installed(table: str, row: Entity) -> None:
    made = row.make()
    assert gates_that_hold({row: made}) == {made.id: row.gate}, (
        f"{row.kind}: its gate or its patterns have changed. Where the other tests of this file pass, run "
        "`python tools/record_kinds.py`."
    )


def test_a_recognizer_with_other_patterns_sees_every_text() -> None:
    row = STOCK["CRYPTO"]
    other = PatternRecognizer("CRYPTO", patterns=[Pattern("new", "wallet", 1.0)])
    assert gates_that_hold({row: other}) == {}
    [look] = Engine([other], gates=gates_that_hold({row: other})).analyze(pl.Series(["my wallet"]))
    assert len(look.hits) == 1


def test_a_fingerprint_tells_gate_pattern_and_flags_apart() -> None:
    one = PatternRecognizer("A", patterns=[Pattern("p", "a", 1.0)])
    other = PatternRecognizer("A", patterns=[Pattern("p", "b", 1.0)])
    flags = PatternRecognizer("A", patterns=[Pattern("p", "a", 1.0)], global_regex_flags=regex.DOTALL)
    assert len({fingerprint(one, "a"), fingerprint(one, "b"), fingerprint(other, "a"), fingerprint(flags, "a")}) == 4


def test_what_is_recorded_is_no_more_than_there_is() -> None:
    assert proven_gates._proven() == {fingerprint(row.make(), row.gate) for _, row in GATED}


def test_the_kinds_on_record_are_those_of_the_table() -> None:
    assert kinds() == {kind: recorded(row) for kind, row in ENTITIES.items()}


def _made_by(row: Entity) -> list[st.SearchStrategy[str]]:
    """Texts made up from those of a recognizer's patterns that hypothesis can read."""
    made = []
    for pattern in getattr(row.make(), "patterns", ()):
        try:
            made.append(st.from_regex(re.compile(pattern.regex.removeprefix("(?i)"))))
        except re.error:
            continue  # looks behind by no fixed width: tests/filters/test_national.py plants such numbers
    return made


PATTERNED = [(table, row) for table, row in GATED if _made_by(row)]
_UNIVERSAL = str.maketrans({"k": "\N{KELVIN SIGN}", "s": "ſ", "1": "\u0661", "3": "\U0001d7d1", "i": "ı"})


@pytest.mark.parametrize(("table", "row"), PATTERNED, ids=[f"{table}-{row.kind}" for table, row in PATTERNED])
def test_whatever_a_pattern_matches_passes_its_gate(table: str, row: Entity) -> None:
    recognizer = row.make()
    flags = recognizer.global_regex_flags
    compiled = [regex.compile(pattern.regex, flags) for pattern in recognizer.patterns]

    @given(text=st.one_of(_made_by(row)), swap=st.booleans(), around=st.text(max_size=2))
    @settings(max_examples=40, deadline=None, derandomize=True)
    def check(text: str, swap: bool, around: str) -> None:
        tried = f"{around}{text.translate(_UNIVERSAL) if swap else text}"
        if any(pattern.search(tried) for pattern in compiled):
            assert pl.Series([tried]).str.contains(row.gate).all()

    check()
