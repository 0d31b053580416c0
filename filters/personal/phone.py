"""Telephone numbers: Presidio's answers at less cost.

libphonenumber, which Presidio asks once per region, tries every run of digits as a number. Here it is asked only about
runs whose digits could be a number of the region by its own metadata, and its answers are remembered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberMatcher,
    country_code_for_region,
    phonenumbermatcher,
)
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

_MARKS = (
    r"\-x\u2010-\u2015\u2212\u30FC\uFF0D-\uFF0F \xA0\xAD\u200B\u2060\u3000()\uFF08\uFF09\uFF3B\uFF3D.\[\]/"
    r"~\u2053\u223C\uFF5E"
)
_LABEL = (
    r"e?xt(?:ensi(?:o\u0301?|\xF3))?n?|\uFF45?\uFF58\uFF54\uFF4E?|\u0434\u043E\u0431|anexo"
    r"|[x\uFF58#\uFF03~\uFF5E]|int|\uFF49\uFF4E\uFF54"
)
_BETWEEN = rf"(?:[{_MARKS}]{{0,4}}|[- ]+|;ext=|[ \xA0\t,]*(?:{_LABEL})[:.\uFF0E]?[ \xA0\t,-]*)"
_RUN = re.compile(rf"\d+(?:{_BETWEEN}\d+)*", re.IGNORECASE)
"""Digits and what may stand between them in a candidate of libphonenumber: its punctuation, four marks at most, and its
labels of extensions. It ignores case, and so does this."""
_PROVEN_FOR = "f5af5fee4448fcd0"
"""Digest of libphonenumber's pattern of a candidate from which `_RUN` was worked out."""

_LEAD = 12
"""Characters before its first digit that a candidate can begin with, and one more that it may not stand beside."""
_TRAIL = 3
"""A hash that ends an extension and a character that a candidate may not stand beside, or the minutes of a time."""

_SHORTEST = 4
"""Digits of the shortest number there is: DE, LU, AT, …; short codes are not looked for."""
_LONGEST = 20_000
"""Characters of a run of digits beyond which the text is `check_incomplete`: libphonenumber would take minutes."""

_KINDS_OF_NUMBER = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"),
    *("fixed_line", "mobile"),
)

Place = tuple[int, int]


class WindowedPhoneRecognizer(PhoneRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's recognizer of telephone numbers, asked about parts of a text only.

    Where a new release of phonenumbers has another pattern than the one these parts were worked out for, the whole text
    is one part.
    """

    def __init__(self) -> None:
        super().__init__(name="PhoneRecognizer")
        self._could_be = tuple((region, _could_be(region)) for region in self.supported_regions)
        self._could_be_any = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in self._could_be))
        self.places_in = lru_cache(maxsize=65536)(self._places_in)

    def places(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end and score of each number; a place may come several times, once for each region.

        Raises:
            TimeoutError: a run of digits is too long to be looked through.
        """
        if not is_proven():
            yield from ((start, end, self.SCORE) for start, end in self._places_in(text))
            return
        after = 0
        for run in _RUN.finditer(text):
            start, end = run.span()
            left = max(after, start - _LEAD)
            if end - start >= _SHORTEST and self._may_hold_number(text[left:end]):
                if end - start > _LONGEST:
                    raise TimeoutError
                yield from (
                    (begin + left, stop + left, self.SCORE) for begin, stop in self.places_in(text[left : end + _TRAIL])
                )
            after = end

    def _may_hold_number(self, window: str) -> bool:
        return has_plus(window) or self._could_be_any.search(digits_of(window)) is not None

    def _places_in(self, window: str) -> tuple[Place, ...]:
        plus = has_plus(window) or not is_proven()
        digits = digits_of(window)
        return tuple(
            (match.start, match.end)
            for region, could_be in self._could_be
            if plus or could_be.search(digits)
            for match in PhoneNumberMatcher(window, region, leniency=self.leniency)
        )


@lru_cache(maxsize=1)
def is_proven() -> bool:
    """Whether the installed phonenumbers looks for candidates by the pattern that this module knows."""
    pattern = getattr(phonenumbermatcher, "_PATTERN", None)
    return pattern is not None and hashlib.sha256(pattern.pattern.encode()).hexdigest().startswith(_PROVEN_FOR)


def has_plus(text: str) -> bool:
    return "+" in text or "\N{FULLWIDTH PLUS SIGN}" in text


def digits_of(text: str) -> str:
    """The digits of a text in ASCII, whatever script they are of."""
    digits = _NO_DIGITS.sub("", text)
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


_NO_DIGITS = re.compile(r"\D+")


def _could_be(region: str) -> re.Pattern[str]:
    """What the digits of a text must hold somewhere to be a number of the region, or one dialled abroad from it.

    libphonenumber takes prefixes off the front of a number and judges what is left, so that is a part of the digits;
    the regions that share a country code are judged together.
    """
    prefix = _metadata(region).international_prefix
    sharing = COUNTRY_CODE_TO_REGION_CODE[country_code_for_region(region)]
    national = [pattern for shared in sharing for pattern in _national_patterns(shared)]
    abroad = rf"(?:{prefix})\d{{4}}"
    return re.compile("|".join(dict.fromkeys((*national, abroad))))


def _national_patterns(region: str) -> Iterable[str]:
    described = (getattr(_metadata(region), name) for name in _KINDS_OF_NUMBER)
    return [f"(?:{each.national_number_pattern})" for each in described if each and each.national_number_pattern]


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise LookupError(f"phonenumbers knows no region {region}")
    return metadata
