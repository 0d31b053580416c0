"""Numbers of Belgium and the Netherlands.

Sources: Belgium's royal decree of 3 April 1984 on the national register and the Crossroads Bank for Enterprises; the
Netherlands' eleven test of BSN and RSIN, and the VAT numbers of 2020, which hide the BSN.
"""

from __future__ import annotations

from filters.personal.national_numbers.checked_number import END, GROUPED_END, GROUPED_START, SPACE, START, checked
from filters.personal.national_numbers.checksums import digits, iso7064_mod97, same_throughout, weighted

_BE_DATE = "[0-9]{2}{dot}(?:[024][0-9]|[135][0-2]){dot}(?:[0-2][0-9]|3[01])"
_BE_PERSON = (f"{START}{_BE_DATE}[0-9]{{5}}{END}".replace("{dot}", ""),)
_BE_PERSON_GROUPED = (
    rf"{START}{_BE_DATE}[-{SPACE[1:]}[0-9]{{3}}[.\-{SPACE[1:]}[0-9]{{2}}{END}".replace("{dot}", r"[.\-/]"),
)
_BE_FIRM = (rf"{START}[01][0-9]{{9}}{END}",)
_BE_FIRM_GROUPED = (
    rf"{GROUPED_START}[01][0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{3}}{END}",
    rf"{START}BE[.\-{SPACE[1:]}?[01][0-9]{{3}}[.{SPACE[1:]}?[0-9]{{3}}[.{SPACE[1:]}?[0-9]{{3}}{END}",
)
_BSN = (
    rf"{START}[0-9]{{9}}{END}",
    rf"{START}[0-9]{{4}}\.[0-9]{{2}}\.[0-9]{{3}}{END}",  # as printed, but also how many a DOI ends: 2020.07.005
    rf"{GROUPED_START}[0-9]{{3}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{GROUPED_END}",
)
_NL_VAT = (rf"{START}NL[.{SPACE[1:]}?[0-9]{{4}}\.?[0-9]{{2}}\.?[0-9]{{3}}[.{SPACE[1:]}?B[.{SPACE[1:]}?[0-9]{{2}}{END}",)


def is_national_register_number(number: str) -> bool:
    """97 less the remainder of the first nine, before which a 2 stands for those born since 2000.

    The month of a number given to a foreigner is 20 or 40 higher; day and month are 00 where they were not known.
    """
    body, key = number[:9], int(number[9:])
    month, day = int(number[2:4]) % 20, int(number[4:6])
    if month > 12 or day > 31 or number[6:9] == "000":
        return False
    return key in (97 - int(body) % 97, 97 - int(f"2{body}") % 97)


def is_enterprise_number(number: str) -> bool:
    number = number.removeprefix("BE")
    return int(number[8:]) == 97 - int(number[:8]) % 97 and int(number) > 0


def is_bsn(number: str) -> bool:
    """The eleven test, whose last weight is negative."""
    return weighted(digits(number), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and not same_throughout(number)


def is_dutch_vat(number: str) -> bool:
    """Of a firm since 2020 or of a sole trader: ISO 7064 over the whole; before: the eleven test of its nine digits."""
    return iso7064_mod97(number) or is_bsn(number[2:11])


BELGIUM = (
    checked(
        "BE_NATIONAL_REGISTER_NUMBER",
        "national register number",
        valid=is_national_register_number,
        sure=_BE_PERSON_GROUPED,
        by_context=_BE_PERSON,
        context=("rijksregister", "registre", "national", "niss", "insz", "rrn", "nrn", "sécurité"),
    ),
    checked(
        "BE_ENTERPRISE_NUMBER",
        "number of a firm, also for VAT",
        valid=is_enterprise_number,
        sure=_BE_FIRM_GROUPED,
        by_context=_BE_FIRM,
        context=("onderneming", "entreprise", "btw", "tva", "kbo", "bce", "enterprise"),
    ),
)

NETHERLANDS = (
    checked(
        "NL_BSN",
        "citizen service number (BSN)",
        valid=is_bsn,
        by_context=_BSN,
        context=("bsn", "burgerservice", "sofin", "persoonsnummer"),
    ),
    checked("NL_VAT", "VAT number", valid=is_dutch_vat, sure=_NL_VAT),
)
