"""Presidio's default English recognizers, as they come, with gates and windows: its own answers, for its own set.

The filter looks for other things by default (`filters.personal.entities`): stricter telephone numbers, more cards. This
is for whoever wants what Presidio says, and for showing that the quick way says the same.
"""

from __future__ import annotations

from functools import partial

import regex
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    DateRecognizer,
    IbanRecognizer,
    IpRecognizer,
    MacAddressRecognizer,
    MedicalLicenseRecognizer,
    NhsRecognizer,
    UrlRecognizer,
    UsBankRecognizer,
    UsItinRecognizer,
    UsLicenseRecognizer,
    UsPassportRecognizer,
    UsSsnRecognizer,
    UuidRecognizer,
)

from filters.personal.email import OfflineEmailRecognizer
from filters.personal.entity import BEYOND, DIGIT, HEX, WORD, Entity
from filters.personal.phone import WindowedPhoneRecognizer
from filters.personal.runs import runs_around


class WindowedUrlRecognizer(UrlRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's, shown the runs of a text that hold a dot and two letters: it tries 600 endings at every letter."""

    windows = staticmethod(runs_around(r"\.[a-zA-Z\x80-\U0010FFFF]{2}"))


class WindowedLicenseRecognizer(UsLicenseRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's, shown the runs of a text that hold a digit."""

    windows = staticmethod(runs_around("[0-9]+"))


class WindowedMedicalLicenseRecognizer(MedicalLicenseRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's, shown the runs of a text that hold seven digits."""

    windows = staticmethod(runs_around(r"\d{7}"))


class WindowedPassportRecognizer(UsPassportRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's, shown the runs of a text that hold eight digits."""

    windows = staticmethod(runs_around("[0-9]{8}"))


_LETTER = rf"[A-Za-z{BEYOND}]"
_IGNORING_CASE = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE

_GATED = (
    (
        "CREDIT_CARD",
        CreditCardRecognizer,
        rf"[13-6]{DIGIT}{{3}}[- ]?{DIGIT}{{3,4}}[- ]?{DIGIT}{{3,4}}[- ]?{DIGIT}{{3}}",
    ),
    ("CRYPTO", CryptoRecognizer, rf"[13]{WORD}{{25}}"),
    ("DATE_TIME", DateRecognizer, rf"[-/.]{DIGIT}|{DIGIT}-{_LETTER}{{3}}"),
    ("EMAIL_ADDRESS", OfflineEmailRecognizer, rf"@(?:{WORD}|-)+\.{WORD}"),
    (
        "IBAN_CODE",
        partial(IbanRecognizer, regex_flags=_IGNORING_CASE),
        rf"{_LETTER}{{2}}[0-9]{{2}}(?:[ -]?[A-Za-z0-9{BEYOND}]{{4}}){{2}}",
    ),
    ("IP_ADDRESS", IpRecognizer, rf"[0-9]\.[0-9]{{1,3}}\.[0-9]{{1,3}}\.[0-9]|::|(?:{HEX}{{1,4}}:){{6}}"),
    (
        "MAC_ADDRESS",
        MacAddressRecognizer,
        rf"(?:{HEX}{{2}}[:-]){{5}}{HEX}{{2}}|{HEX}{{4}}\.{HEX}{{4}}\.{HEX}{{4}}",
    ),
    ("MEDICAL_LICENSE", WindowedMedicalLicenseRecognizer, rf"{WORD}{{2}}{DIGIT}{{7}}"),
    ("PHONE_NUMBER", WindowedPhoneRecognizer, DIGIT),
    ("UK_NHS", NhsRecognizer, r"[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}"),
    ("URL", WindowedUrlRecognizer, rf"[A-Za-z0-9.\-{BEYOND}]\.{_LETTER}{{2}}"),
    ("US_BANK_NUMBER", UsBankRecognizer, r"[0-9]{8}"),
    ("US_DRIVER_LICENSE", WindowedLicenseRecognizer, r"[0-9]"),
    ("US_ITIN", UsItinRecognizer, rf"9{DIGIT}{{2}}[- ]?[5-9]{DIGIT}[- ]?{DIGIT}{{4}}"),
    ("US_PASSPORT", WindowedPassportRecognizer, r"[0-9]{8}"),
    (
        "US_SSN",
        UsSsnRecognizer,
        r"[0-9]{5}-[0-9]{4}|[0-9]{3}-[0-9]{6}|[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}|[0-9]{9}",
    ),
    ("UUID", UuidRecognizer, rf"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-"),
)

STOCK: dict[str, Entity] = {
    kind: Entity(kind=kind, region="", about="as Presidio finds it", check="shape", make=make, gate=gate)
    for kind, make, gate in _GATED
}
"""Presidio's default English set by kind; what needs a model is not among it."""
