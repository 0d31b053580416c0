"""Telephone numbers as people write them, by rules that years, versions, dates and amounts do not meet.

libphonenumber knows which numbers of a country are assigned, but not what is a number of a telephone: 1687 is one in
Germany, and in history books nearly every hit of Presidio's is a year. Here a run of digits counts

- with a plus sign or two zeros before it, if a country has that code and numbers of that length (ITU-T E.164); in one
  piece behind two zeros only if it has 12 digits with them: what is shorter is an ISBN, an Italian VAT number, or a
  count with zeros before it, and hardly any country's numbers are so short,
- in the shape 212-555-0187 or (212) 555-0187 of the North American plan, where neither group begins with 0 or 1,
- with its trunk prefix 0 and in groups of two to eight digits, if it has 9 to 11 digits or, with 12 at most, is
  assigned in some country; longer ones are rare, and something of 13 digits is assigned somewhere too often,
- in any grouping, with 7 to 15 digits, if a word for telephone stands just before it or an "office" or "fax" after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from filters.personal.lines import digit_lines
from filters.personal.placing import PlacesRecognizer
from filters.personal.rust_regex import matches

ASSIGNED = 1.0
"""Score of a number that libphonenumber calls valid."""
WRITTEN = 0.6
"""Score of a number by its shape, or by the word before it."""

_SEPARATORS = r"[ \u00a0\u2009\u202f.\-\u2010-\u2015/()]"
_CANDIDATE = re.compile(
    r"(?:(?<![\w+])\(?\+|(?<![\w.;/=+#$€£%&@\\-])(?<!\d[,:])(?<![\w.][(\[])(?:00(?=[1-9])|\()?)"
    rf"\d+(?:{_SEPARATORS}{{1,3}}\d+){{0,8}}"
    r"(?:[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6})?(?![\w%$€£@=])(?![.,:/\-]\d)",
    re.IGNORECASE | re.ASCII,
)
GATE = r"[0-9](?:[ \x{a0}\x{2009}\x{202f}.\-\x{2010}-\x{2015}/()]{0,3}[0-9]){6}"
"""Seven digits with what may stand between them: what a text must hold."""

_GROUPS = re.compile(r"[0-9]+")
_EXTENSION = re.compile(r"[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6}$", re.IGNORECASE)

_NANP = re.compile(r"(?:1[-. ])?(?:\([2-9]\d\d\)[ ]?[2-9]\d\d[-. ]\d{4}|[2-9]\d\d([-.])[2-9]\d\d\1\d{4})")
_OTHER = re.compile(r"\d{5}-\d{4}|\d{3}-\d\d-\d{4}|0\d(?: 0\d)+|\d+ \((?:19|20)\d\d")
"""US postal codes and social security numbers; bytes as they are dumped; pages and year of an article."""
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:[0-2]?\d|3[01])(?:\D.*)?"
    r"|(?:[0-2]?\d|3[01])[-./ ](?:[0-2]?\d|3[01])[-./ ](?:19|20)\d\d(?:\D.*)?"
)

_WORDS = (
    *(
        "phones?",
        "telephones?",
        "tele?",
        "tel",
        "ph",
        "mobile",
        "mob",
        "cell",
        "cellphone",
        "fax",
        "telefax",
        "hotline",
    ),
    *("helpline", "whatsapp", "pager", "landline", "dial", "t[ée]l", "t[ée]l[ée]phone", "t[ée]l[ée]copie", "portable"),
    *("telefon", "telefonnummer", "rufnummer", "durchwahl", "handy", "mobil", "handynummer", "tel[ée]fono", "m[óo]vil"),
    *("celular", "cellulare", "telefono", "telefoon", "telefoonnummer", "gsm", "mobiel", "telefone", "telem[óo]vel"),
    *("fone", "komórka", "telefonu", "puhelin", "telefonnr"),
)
_CALL = r"(?:call|calling|phone|ring|text|reach|appelez|appeler|llame|llamar|chiamare|chiamate|bellen|anrufen|ligue)"
_LABELS = r"(?:office|desk|home|work|direct|main|switchboard|reception)"
_BETWEEN = (
    r"(?:\W{1,3}(?:number|no|nr|num|is|are|was|at|on|to|under|n|us|me|him|her|them|the|my|our|your|and|or|a|de|unter"
    r"|al|au|le))"
)
_CALLED = re.compile(
    rf"(?<![^\W_])(?:(?:{'|'.join(_WORDS)}){_BETWEEN}{{0,4}}|{_CALL}{_BETWEEN}{{1,4}}|{_LABELS}[ ]?(?=:))\W{{0,6}}$",
    re.IGNORECASE,
)
_CALLED_AFTER = re.compile(r"\W{1,3}(?:office|fax|phone|mobile|cell|tel|telephone|home|work)(?![^\W_])", re.IGNORECASE)
_SHORTEST_BEHIND_ZEROS = 12
"""Digits in one piece, the two zeros included: of libphonenumber's examples of mobile numbers only those of 13 small
territories (AD, FO, GL, NC, …) have fewer."""
_LONGEST_NATIONAL = 12
"""Digits with the trunk prefix, without a word for telephone: the longest that Germany gives out anew (0 and 11)."""

_BEFORE = 60
"""Characters before a number in which a word for telephone is looked for."""
_AFTER = 14

_COUNTRIES = (
    *("GB", "DE", "FR", "IT", "NL", "BE", "AT", "CH", "IE", "SE", "FI", "PL", "AU", "NZ", "ZA", "IN", "JP", "BR", "IL"),
)
"""Whose numbers are written with a trunk prefix 0, or partly so."""


class TelephoneRecognizer(PlacesRecognizer):
    """Numbers of telephones by the rules above."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["PHONE_NUMBER"], name="TelephoneRecognizer")

    def places(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end and score of each number, in order."""
        has_enough_digits = matches(GATE)
        for begin, line in digit_lines(text):
            for found in _CANDIDATE.finditer(line) if has_enough_digits(line) else ():
                candidate = found.group()
                # then the bracket is around more than the number
                open_alone = candidate.startswith("(") and ")" not in candidate
                start = begin + found.start() + open_alone
                end = begin + found.end()
                if end - start >= 7:
                    score = _score(candidate[open_alone:], text, start, end)
                    if score:
                        yield start, end, score


def _score(candidate: str, text: str, start: int, end: int) -> float:
    """0 if it is no telephone number."""
    number = _EXTENSION.sub("", candidate)
    groups = _GROUPS.findall(number)
    digits = "".join(groups)
    if not 7 <= len(digits) <= 17 or _DATE.fullmatch(number) or _OTHER.fullmatch(number):
        return 0.0
    if number.startswith(("+", "(+")):
        return _international(digits)
    if number.startswith("00") and (len(groups) > 1 or len(digits) >= _SHORTEST_BEHIND_ZEROS):
        return _international(digits.removeprefix("00"))
    if _NANP.fullmatch(number):
        return WRITTEN
    if number.lstrip("(").startswith("0") and len(groups) > 1 and _in_groups(number, groups):
        assigned = len(digits) <= _LONGEST_NATIONAL and _assigned(digits)
        if assigned or (9 <= len(digits) <= 11 and len(groups) > 2):
            return ASSIGNED if assigned else WRITTEN
    return WRITTEN if len(digits) <= 15 and _is_called(text, start, end) else 0.0


def _in_groups(number: str, groups: list[str]) -> bool:
    """Written as a number of a telephone is: no group of one digit, one kind of separator beside brackets."""
    separators = set(re.sub(r"[0-9()+ \u00a0]", "", number))
    return len(separators) <= 1 and all(2 <= len(group) <= 8 for group in groups)


def _is_called(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _BEFORE) : start]
    return bool(_CALLED.search(before) or _CALLED_AFTER.match(text[end : end + _AFTER]))


@lru_cache(maxsize=65536)
def _international(digits: str) -> float:
    """With its country code; some write the trunk prefix behind it in brackets, which is then no part of it."""
    number = _parsed(f"+{digits}", None)
    if number is None or not 8 <= len(digits) <= 16 or not phonenumbers.is_possible_number(number):
        return 0.0
    return ASSIGNED if phonenumbers.is_valid_number(number) else WRITTEN


@lru_cache(maxsize=65536)
def _assigned(digits: str) -> bool:
    numbers = (_parsed(digits, country) for country in _COUNTRIES)
    return len(digits) >= 9 and any(number is not None and phonenumbers.is_valid_number(number) for number in numbers)


def _parsed(digits: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
