"""Numbers of Ireland and Brazil.

Sources: Ireland's Revenue on the check letter of the PPS number; Brazil's Receita Federal on CPF and CNPJ, with the
letters that a CNPJ may hold from July 2026 on.
"""

from __future__ import annotations

from filters.personal.national_numbers.checked_number import END, START, checked
from filters.personal.national_numbers.checksums import digits, same_throughout, weighted

_PPS = (rf"{START}[0-9]{{7}}[A-W][A-IW]?{END}",)
_CPF = (rf"{START}[0-9]{{11}}{END}",)
_CPF_GROUPED = (rf"{START}[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{3}}-[0-9]{{2}}{END}",)
_CNPJ = (rf"{START}[0-9A-Z]{{12}}[0-9]{{2}}{END}",)
_CNPJ_GROUPED = (rf"{START}[0-9A-Z]{{2}}\.[0-9A-Z]{{3}}\.[0-9A-Z]{{3}}/[0-9A-Z]{{4}}-[0-9]{{2}}{END}",)

_PPS_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def is_pps(number: str) -> bool:
    """The first letter stands for the remainder by 23, W for 0; a second one counts nine times, W for 0."""
    second = _PPS_LETTERS.index(number[8]) if len(number) == 9 else 0
    total = weighted(digits(number[:7]), (8, 7, 6, 5, 4, 3, 2)) + 9 * second
    return _PPS_LETTERS[total % 23] == number[7]


def is_cpf(number: str) -> bool:
    body = digits(number)
    first = weighted(body[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(body[:10], range(11, 1, -1)) * 10 % 11 % 10
    return body[9:] == [first, second] and not same_throughout(number)


def is_cnpj(number: str) -> bool:
    """A letter counts as many as it stands after the digit 0 in ASCII."""
    body = [ord(character) - ord("0") for character in number]
    first = weighted(body[:12], _CNPJ_WEIGHTS[1:]) * 10 % 11 % 10
    second = weighted(body[:13], _CNPJ_WEIGHTS) * 10 % 11 % 10
    return body[12:] == [first, second] and not same_throughout(number)


IRELAND = (
    checked(
        "IE_PPS",
        "personal public service number",
        valid=is_pps,
        by_context=_PPS,
        context=("pps", "ppsn", "rsi"),
    ),
)

BRAZIL = (
    checked(
        "BR_CPF",
        "tax number of a person (CPF)",
        valid=is_cpf,
        sure=_CPF_GROUPED,
        by_context=_CPF,
        context=("cpf", "contribuinte"),
    ),
    checked(
        "BR_CNPJ",
        "tax number of a firm (CNPJ)",
        valid=is_cnpj,
        sure=_CNPJ_GROUPED,
        by_context=_CNPJ,
        context=("cnpj",),
    ),
)
