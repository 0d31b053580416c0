"""Numbers of Spain and Portugal.

Presidio knows Spain's NIF and NIE, but not with the dots and spaces they are printed with; and it takes 16407394e-16,
a number in exponential form, for one. Here they are in capitals.

Sources: Spain's Tesorería General de la Seguridad Social; Portugal's Autoridade Tributária on the NIF, the Agência para
a Modernização Administrativa on the document number of the citizen card, the Segurança Social on the NISS.
"""

from __future__ import annotations

from filters.personal.national_numbers.checked_number import END, GROUPED_END, GROUPED_START, SPACE, START, checked
from filters.personal.national_numbers.checksums import digits, same_throughout, values, weighted

_PROVINCE = "(?:0[1-9]|[1-4][0-9]|5[0-3]|66)"
_ES_SOCIAL = (
    rf"{START}{_PROVINCE}[0-9]{{10}}{END}",
    rf"{GROUPED_START}{_PROVINCE}{SPACE}[0-9]{{7,8}}{SPACE}[0-9]{{2}}{GROUPED_END}",
)
_ES_SOCIAL_SLASHES = (rf"{START}{_PROVINCE}[/\-][0-9]{{7,8}}[/\-][0-9]{{2}}{END}",)
_NIF = (
    rf"{START}[1-9][0-9]{{8}}{END}",
    rf"{GROUPED_START}[1-9][0-9]{{2}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{GROUPED_END}",
)
_NIF_PREFIXED = (rf"{START}PT{SPACE}?[1-9][0-9]{{2}}{SPACE}?[0-9]{{3}}{SPACE}?[0-9]{{3}}{GROUPED_END}",)
_CARD = (rf"{START}[0-9]{{9}}[0-9A-Z]{{2}}[0-9]{END}",)
_CARD_GROUPED = (rf"{GROUPED_START}[0-9]{{8}}(?:{SPACE}|-)[0-9](?:{SPACE}|-)?[A-Z][0-9A-Z][0-9]{END}",)
_NISS = (
    rf"{START}[12][0-9]{{10}}{END}",
    rf"{GROUPED_START}[12][0-9]{{2}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{2}}{GROUPED_END}",
)
_NO_NIE = rf"{START}(?<![XYZ](?:{SPACE}|-))"
_DNI = (rf"{_NO_NIE}[0-9]{{2}}\.?[0-9]{{3}}\.?[0-9]{{3}}(?:{SPACE}|-)?[A-Z]{END}",)
_DNI_SHORT = (rf"{_NO_NIE}[0-9]\.?[0-9]{{3}}\.?[0-9]{{3}}(?:{SPACE}|-)?[A-Z]{END}",)
_NIE = (rf"{START}[XYZ](?:{SPACE}|-)?[0-9]{{1,2}}\.?[0-9]{{3}}\.?[0-9]{{3}}(?:{SPACE}|-)?[A-Z]{END}",)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def is_spanish_nif(number: str) -> bool:
    """The letter stands for the remainder by 23."""
    return _DNI_LETTERS[int(number[:-1]) % 23] == number[-1] and int(number[:-1]) > 0


def is_spanish_nie(number: str) -> bool:
    """X, Y and Z count as a leading 0, 1 and 2."""
    return is_spanish_nif(f"{'XYZ'.index(number[0])}{number[1:]}")


def is_spanish_social_security(number: str) -> bool:
    """The last two are the remainder by 97 of province and number, written without the zeros the number begins with."""
    province, body, key = number[:2], int(number[2:-2]), int(number[-2:])
    return body > 0 and int(f"{province}{body:07d}") % 97 == key


def is_nif(number: str) -> bool:
    """11 less the remainder of the sum by 11; 0 where that is 10 or 11."""
    number = number.removeprefix("PT")
    check = 11 - weighted(digits(number), (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return number[-1] == str(check % 11 % 10) and not same_throughout(number)


def is_citizen_card(number: str) -> bool:
    """Twelve places, every second from the left doubled, letters from 10 on; more than 9 is 9 less. Ends in 0."""
    total = 0
    for place, value in enumerate(values(number)):
        doubled = value if place % 2 else 2 * value
        total += doubled - 9 if place % 2 == 0 and doubled > 9 else doubled
    return total % 10 == 0


def is_niss(number: str) -> bool:
    """9 less the last digit of the sum weighted by the first ten primes, from 29 down to 2."""
    return int(number[-1]) == 9 - weighted(digits(number), (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)) % 10


SPAIN = (
    checked(
        "ES_NIF",
        "identity and tax number of a national (DNI, NIF)",
        valid=is_spanish_nif,
        sure=_DNI,
        by_context=_DNI_SHORT,
        context=("dni", "nif", "identidad", "identificación"),
    ),
    checked("ES_NIE", "identity and tax number of a foreigner (NIE)", valid=is_spanish_nie, sure=_NIE),
    checked(
        "ES_SOCIAL_SECURITY",
        "social security number (NUSS, NAF)",
        valid=is_spanish_social_security,
        sure=_ES_SOCIAL_SLASHES,
        by_context=_ES_SOCIAL,
        context=("seguridad", "social", "afiliación", "afiliacion", "naf", "nuss"),
    ),
)

PORTUGAL = (
    checked(
        "PT_NIF",
        "tax number of a person or firm (NIF), also for VAT",
        valid=is_nif,
        sure=_NIF_PREFIXED,
        by_context=_NIF,
        context=("nif", "contribuinte", "nipc", "fiscal"),
    ),
    checked(
        "PT_CITIZEN_CARD",
        "document number of the citizen card",
        valid=is_citizen_card,
        sure=_CARD_GROUPED,
        by_context=_CARD,
        context=("cidadão", "cidadao", "cartão", "cartao", "identificação", "citizen"),
    ),
    checked(
        "PT_NISS",
        "social security number (NISS)",
        valid=is_niss,
        by_context=_NISS,
        context=("niss", "segurança", "seguranca"),
    ),
)
