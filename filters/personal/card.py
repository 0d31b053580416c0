"""Payment card numbers of all major brands, by issuer range, length and check digit.

Issuer ranges after ISO/IEC 7812 as the networks publish them; the check digit is Luhn's (ISO/IEC 7812-1, annex B). One
ordinary number in ten passes that check, so what has neither a range of its own nor the usual length of its brand needs
a word such as "card" among the few before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from filters.personal.placing import PlacesRecognizer

VERIFIED = 1.0
WITH_A_WORD = 0.6

GATE = r"[0-9](?:[ \-]?[0-9]){11}"
"""What a text must hold: twelve digits, as they are grouped on a card."""

_RUN = re.compile(
    r"(?<![0-9A-Za-z_./])(?<![0-9],)(?<![A-Za-z]-)[0-9]{2,19}(?:[ -][0-9]{2,19}){0,12}(?![0-9A-Za-z_])(?![.,][0-9])"
)
_GROUP = re.compile(r"[0-9]+")

_RANGES = tuple(
    (len(low), int(low), int(high or low), frozenset(lengths))
    for low, high, lengths in (
        ("4", "", (16, 19)),  # Visa
        ("51", "55", (16,)),  # Mastercard
        ("2221", "2720", (16,)),  # Mastercard, since 2017
        ("34", "", (15,)),  # American Express
        ("37", "", (15,)),
        ("300", "305", (14, 16, 19)),  # Diners Club
        ("3095", "", (14, 16, 19)),
        ("36", "", (14, 16, 19)),
        ("38", "39", (14, 16, 19)),
        ("6011", "", (16, 19)),  # Discover
        ("644", "649", (16, 19)),
        ("65", "", (16, 19)),
        ("3528", "3589", (16, 17, 18, 19)),  # JCB
        ("1800", "", (15,)),
        ("2131", "", (15,)),
        ("62", "", (16, 17, 18, 19)),  # UnionPay
        ("2200", "2204", (16,)),  # Mir
        ("5018", "", (16,)),  # Maestro
        ("5020", "", (16,)),
        ("5038", "", (16,)),
        ("5893", "", (16,)),
        ("6304", "", (16,)),
        ("6759", "", (16,)),
        ("6761", "6763", (16,)),
        ("5019", "", (16,)),  # Dankort
        ("506099", "506198", (16, 19)),  # Verve
        ("508500", "508999", (16,)),  # RuPay
        ("606985", "608500", (16,)),
        ("81", "82", (16,)),
        ("637", "639", (16,)),  # InstaPayment
    )
)
_WORDS = re.compile(
    r"(?<![^\W_])(?:cards?|credit|debit|cc|cvv|visa|mastercard|master|amex|maestro|discover|jcb|diners|unionpay|creditcard"
    r"|cartes?|karten?|kreditkarte|kartennummer|tarjetas?|carta|cart[ãa]o|kaart|creditcardnummer|karta|kort)(?![^\W_])"
    r"(?:\W+[^\W_]+){0,4}\W*$",
    re.IGNORECASE,
)
_BEFORE = 60
"""Characters before a number in which a word is looked for."""


class CardRecognizer(PlacesRecognizer):
    """Card numbers."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["CREDIT_CARD"], name="CardRecognizer")

    def places(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end and score of each number, in order; of several readings of the same digits the longest."""
        for run in _RUN.finditer(text):
            if run.end() - run.start() >= 12:
                groups = [(group.start() + run.start(), group.group()) for group in _GROUP.finditer(run.group())]
                yield from _in_groups(text, groups)


def _in_groups(text: str, groups: list[tuple[int, str]]) -> Iterator[tuple[int, int, float]]:
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + 6), first, -1):
            taken = groups[first:last]
            start, end = taken[0][0], taken[-1][0] + len(taken[-1][1])
            if not _is_grouped(text[start:end], taken) or not _is_valid(digits := "".join(each for _, each in taken)):
                continue
            in_range = _is_in_range(digits)
            if in_range or _WORDS.search(text[max(0, start - _BEFORE) : start]):
                yield start, end, VERIFIED if in_range else WITH_A_WORD
                first = last - 1
                break
        first += 1


def _is_grouped(written: str, groups: list[tuple[int, str]]) -> bool:
    """As on a card: four digits first, one kind of separator, and no group but the last shorter than four."""
    if len(groups) == 1:
        return True
    one_separator = not (" " in written and "-" in written)
    return one_separator and len(groups[0][1]) == 4 and all(len(digits) >= 4 for _, digits in groups[:-1])


@lru_cache(maxsize=65536)
def _is_valid(digits: str) -> bool:
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and has_luhn_digit(digits)


def _is_in_range(digits: str) -> bool:
    return any(low <= int(digits[:width]) <= high and len(digits) in lengths for width, low, high, lengths in _RANGES)


def has_luhn_digit(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
