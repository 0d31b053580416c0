"""The check digits that national numbers share. Each takes ASCII digits and capitals, no separators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits(number: str) -> list[int]:
    return [int(digit) for digit in number]


def values(text: str) -> list[int]:
    """Digits as they are, A to Z as 10 to 35: ICAO Doc 9303, ISO 7064, the Portuguese citizen card."""
    return [_ALPHANUMERIC.index(character) for character in text]


def weighted(numbers: Iterable[int], weights: Sequence[int]) -> int:
    """Sum of products; the shorter of the two says where it ends."""
    return sum(number * weight for number, weight in zip(numbers, weights, strict=False))


def cross_sum(number: int) -> int:
    """Of a number below 100."""
    return number // 10 + number % 10


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right is doubled."""
    total = sum(cross_sum(2 * digit) if place % 2 else digit for place, digit in enumerate(reversed(digits(number))))
    return total % 10 == 0


def ean13(number: str) -> bool:
    """GS1's check digit: weights 1 and 3 by turns."""
    return weighted(digits(number), (1, 3) * 6 + (1,)) % 10 == 0


def iso7064_mod97(text: str) -> bool:
    """ISO 7064 MOD 97-10 over digits and letters (A is 10): the remainder is 1."""
    return int("".join(map(str, values(text)))) % 97 == 1


def icao(text: str) -> bool:
    """ICAO Doc 9303, part 3, 4.9: weights 7, 3, 1 over all but the last character, which is the check digit."""
    return weighted(values(text[:-1]), (7, 3, 1) * len(text)) % 10 == int(text[-1])


def same_throughout(number: str) -> bool:
    """Whether it is one character repeated: such a number passes many checks and is nobody's."""
    return len(set(number)) == 1
