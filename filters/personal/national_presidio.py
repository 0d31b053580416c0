"""The national numbers that Presidio knows, with its own patterns and checks, and which of them are worth their hits.

What is off is off for what it matched in running text without any: 3.0 MB of textbooks (OpenStax) and 6.0 MB of software
documentation (Debian), at Presidio's score of 0.4 or more. What would often be wrong alone, but not beside a word of
its context, asks for that word (`BesideContext`) and is on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from presidio_analyzer import PatternRecognizer, predefined_recognizers
from presidio_analyzer.predefined_recognizers import (
    DeVatIdRecognizer,
    ItVatCodeRecognizer,
    PlPeselRecognizer,
    SeOrganisationsnummerRecognizer,
    SePersonnummerRecognizer,
)

from filters.personal.checked_number import END, START, BesideContext, checked, valid_to
from filters.personal.entity import Check, Entity
from filters.personal.gate import gate_of

_PESEL_DATE = "[0-9]{2}(?:[02468][1-9]|[13579][0-2])(?:0[1-9]|[12][0-9]|3[01])"
_NRIC_TABLES = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
_NRIC_ALIKE = {"S": ("S", 0), "T": ("S", 4), "F": ("F", 0), "G": ("F", 4), "M": ("M", 3)}


def is_nric(number: str) -> bool:
    """Singapore's NRIC and FIN: a weighted sum by 11 picks the letter from a table of the prefix (ICA, 2022 for M)."""
    table, offset = _NRIC_ALIKE[number[0]]
    total = offset + sum(int(digit) * weight for digit, weight in zip(number[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    return _NRIC_TABLES[table][total % 11] == number[8]


def _stock(
    kind: str,
    about: str,
    recognizer: Callable[[], PatternRecognizer],
    *,
    check: Check = "checksum",
    why_off: str = "",
) -> Entity:
    stock = recognizer()
    return Entity(
        kind=kind,
        region=_region(stock),
        about=about,
        check=check,
        make=recognizer,
        gate=_gate(stock),
        default=not why_off,
        why_off=why_off,
    )


def _beside(
    kind: str, about: str, recognizer: Callable[[], PatternRecognizer], *context: str, check: Check = "checksum"
) -> Entity:
    return Entity(
        kind=kind,
        region=_region(recognizer()),
        about=about,
        check=check,
        make=partial(_make_beside, recognizer, context),
        gate=_gate(recognizer()),
    )


def _make_beside(recognizer: Callable[[], PatternRecognizer], context: tuple[str, ...]) -> BesideContext:
    return BesideContext(recognizer(), context=context)


def _region(stock: PatternRecognizer) -> str:
    """Presidio says `uk` for what ISO 3166-1 calls `gb`."""
    code = str(stock.COUNTRY_CODE)
    return "gb" if code == "uk" else code


def _gate(stock: PatternRecognizer) -> str:
    """A group that is referred to later holds a separator, in Presidio's patterns, and is written out again."""
    return gate_of(*(pattern.regex.replace(r"\1", "[- ]") for pattern in stock.patterns))
