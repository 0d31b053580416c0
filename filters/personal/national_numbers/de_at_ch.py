"""Numbers of Germany, Austria and Switzerland.

Of Germany, Presidio knows many numbers. Five are here because it does not know how they are spelled (tax and pension
insurance numbers are printed in groups), takes "de 265 203 311" in French for a VAT number, or takes the ninth place of
a passport or identity card for the check digit, which is the tenth: it refuses C01X00T47 and L01X00T47, the numbers of
the specimens that the authorities show.

Sources: § 139b AO and the BZSt (ISO 7064 MOD 11,10), VKVV § 4, ICAO Doc 9303 and the specimens of the
Bundesdruckerei; Austria's Dachverband der Sozialversicherungsträger and BMF on the UID; Switzerland's ZAS on the AHV
number and eCH-0097 on the UID.
"""

from __future__ import annotations

from functools import partial

from presidio_analyzer.predefined_recognizers import DeSocialSecurityRecognizer, DeTaxIdRecognizer, DeVatIdRecognizer

from filters.personal.national_numbers.checked_number import (
    END,
    GROUPED_END,
    GROUPED_START,
    SPACE,
    START,
    checked,
    valid_to,
)
from filters.personal.national_numbers.checksums import cross_sum, digits, ean13, icao, weighted

_TAX_ID = (
    rf"{START}[1-9][0-9]{{10}}{END}",
    rf"{GROUPED_START}[1-9][0-9]{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{GROUPED_END}",
)
_PENSION = (rf"{GROUPED_START}[0-9]{{2}}{SPACE}?[0-9]{{6}}{SPACE}?[A-Z]{SPACE}?[0-9]{{3}}{END}",)
_DE_VAT = (rf"{START}DE[.\-{SPACE[1:]}?[0-9]{{3}}[.\-{SPACE[1:]}?[0-9]{{3}}[.\-{SPACE[1:]}?[0-9]{{3}}{END}",)
_MRZ_LETTERS = "CFGHJKLMNPRTVWXYZ"
_DOCUMENT = (rf"{START}[{_MRZ_LETTERS}][{_MRZ_LETTERS}0-9]{{8}}[0-9]?{END}",)
_AT_SOCIAL = (rf"{START}[1-9][0-9]{{3}}(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-5])[0-9]{{2}}{END}",)
_AT_SOCIAL_GROUPED = (
    rf"{GROUPED_START}[1-9][0-9]{{3}}{SPACE}(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-5])[0-9]{{2}}{GROUPED_END}",
)
_AT_VAT = (rf"{START}ATU{SPACE}?[0-9]{{8}}{END}",)
_AHV = (rf"{START}756(?:\.[0-9]{{4}}\.[0-9]{{4}}\.|{SPACE}?[0-9]{{4}}{SPACE}?[0-9]{{4}}{SPACE}?)[0-9]{{2}}{END}",)
_UID = (rf"{START}CHE[\-{SPACE[1:]}?[0-9]{{3}}[.{SPACE[1:]}?[0-9]{{3}}[.{SPACE[1:]}?[0-9]{{3}}{END}",)


def is_german_document(number: str) -> bool:
    """Nine places and, if written, their check digit; one letter and one digit at least, for words are no numbers."""
    if len(number) == 10 and not icao(number):
        return False
    return any(character.isdigit() for character in number)


def is_austrian_social_security(number: str) -> bool:
    """The fourth digit is the remainder by 11 of the others; 10 is not given out. Months 13 to 15 are overflow."""
    return weighted(digits(number), (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(number[3])


def is_austrian_vat(number: str) -> bool:
    body = digits(number.removeprefix("ATU"))
    total = sum(cross_sum(2 * digit) if place % 2 else digit for place, digit in enumerate(body[:7]))
    return (96 - total) % 10 == body[7]


def is_swiss_uid(number: str) -> bool:
    """11 less the remainder by 11, 0 for 11; 10 is not given out."""
    body = digits(number.removeprefix("CHE"))
    return (weighted(body[:8], (5, 4, 3, 2, 7, 6, 5, 4)) + body[8]) % 11 == 0


GERMANY = (
    checked(
        "DE_TAX_ID",
        "tax number of a person (Steuer-IdNr.)",
        valid=valid_to(DeTaxIdRecognizer),
        by_context=_TAX_ID,
        context=("steuer", "idnr", "identifikationsnummer", "bzst"),
    ),
    checked(
        "DE_SOCIAL_SECURITY",
        "pension insurance number",
        valid=valid_to(DeSocialSecurityRecognizer),
        sure=_PENSION,
    ),
    checked("DE_VAT_ID", "VAT number", valid=valid_to(partial(DeVatIdRecognizer, strict_checksum=True)), sure=_DE_VAT),
    checked(
        "DE_PASSPORT",
        "passport number",
        valid=is_german_document,
        by_context=_DOCUMENT,
        context=("reisepass", "passnummer", "passport"),
        check="context",
    ),
    checked(
        "DE_ID_CARD",
        "identity card number",
        valid=is_german_document,
        by_context=_DOCUMENT,
        context=("ausweis", "identity"),
        check="context",
    ),
)

AUSTRIA = (
    checked(
        "AT_SOCIAL_SECURITY",
        "social insurance number",
        valid=is_austrian_social_security,
        sure=_AT_SOCIAL_GROUPED,
        by_context=_AT_SOCIAL,
        context=("sozialversicherung", "svnr", "versicherungsnummer", "ecard"),
    ),
    checked("AT_VAT", "VAT number (UID)", valid=is_austrian_vat, sure=_AT_VAT),
)

SWITZERLAND = (
    checked("CH_AHV", "social insurance number (AHV, AVS)", valid=ean13, sure=_AHV),
    checked("CH_UID", "number of a firm (UID), also for VAT", valid=is_swiss_uid, sure=_UID),
)
