"""Numbers of France: of persons, of the firms that often are one, of documents and bank accounts.

Sources: INSEE on the NIR and on SIREN and SIRET (with the exception of La Poste, whose sites number more than the check
digit allows), BOFiP on the VAT number, the DGFiP's fiscal number (SPI), the RIB of the former CFONB.
"""

from __future__ import annotations

from filters.personal.national_numbers.checked_number import END, GROUPED_END, GROUPED_START, SPACE, START, checked
from filters.personal.national_numbers.checksums import digits, luhn

_POSTE = "356000000"
_POSTE_HEAD_OFFICE = "35600000000048"

_MONTH = "(?:0[1-9]|1[0-2]|[23][0-9]|4[0-2]|[5-9][0-9])"
_DEPARTMENT = "(?:0[1-9]|[1-9][0-9]|2[AB])"
_KEY = rf"(?:{SPACE}?/{SPACE}?|{SPACE}|[.\-])?[0-9]{{2}}"


def _nir(first: str) -> tuple[str, ...]:
    """In one piece, or in groups that are all parted alike: 1.95520948210738 is a fraction."""
    groups = (first, "[0-9]{2}", _MONTH, _DEPARTMENT, "[0-9]{3}", "[0-9]{3}")
    return tuple(f"{GROUPED_START}{gap.join(groups)}{_KEY}{GROUPED_END}" for gap in ("", SPACE, r"\.", "-"))


_NIR = _nir("[12]")
_NIR_RARE = _nir("[3478]")
"""Given for a while, to whoever waits for the lasting one."""

_SIREN_GROUPED = rf"[0-9]{{3}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}"
_SIREN = (rf"{START}[0-9]{{9}}{END}", rf"{GROUPED_START}{_SIREN_GROUPED}(?!{SPACE}[0-9]{{5}}(?![0-9])){GROUPED_END}")
_SIREN_BEFORE_REGISTER = (
    rf"{GROUPED_START}[0-9]{{3}}{SPACE}?[0-9]{{3}}{SPACE}?[0-9]{{3}}(?={SPACE}R\.?{SPACE}?C\.?{SPACE}?S)",
)
"""As the law has firms write it: the number, RCS and the town of the register."""
_SIRET = (rf"{START}[0-9]{{14}}{END}",)
_SIRET_GROUPED = (rf"{GROUPED_START}{_SIREN_GROUPED}{SPACE}[0-9]{{5}}{GROUPED_END}",)
_VAT = (
    rf"{START}FR{SPACE}?[0-9]{{2}}{SPACE}?[0-9]{{9}}{END}",
    rf"{START}FR{SPACE}?[0-9]{{2}}{SPACE}{_SIREN_GROUPED}{GROUPED_END}",
)
_FISCAL = (rf"{START}[0-3][0-9]{{12}}{END}",)
_FISCAL_GROUPED = (
    rf"{GROUPED_START}[0-3][0-9]{SPACE}[0-9]{{2}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}}{GROUPED_END}",
)
_PASSPORT = (rf"{START}[0-9]{{2}}[A-Z]{{2}}[0-9]{{5}}{END}",)
_ID_CARD = (
    rf"{START}[0-9]{{4}}[0-9A-Z]{{3}}[0-9]{{5}}{END}",
    rf"{START}(?=[A-Z]{{0,8}}[0-9])(?=[0-9]{{0,8}}[A-Z])[0-9A-Z]{{9}}{END}",
)
_RIB_FORM = "[0-9]{{5}}{gap}[0-9]{{5}}{gap}[0-9A-Z]{{11}}{gap}[0-9]{{2}}"
_RIB_GROUPED = (rf"{GROUPED_START}{_RIB_FORM.format(gap=SPACE)}{GROUPED_END}",)
_RIB = (rf"{START}{_RIB_FORM.format(gap='')}{END}",)

_CORSICA = {"2A": "19", "2B": "18"}
_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def is_nir(number: str) -> bool:
    """15 characters: the key is 97 less the remainder of the first 13; Corsica's 2A counts as 19 and 2B as 18."""
    body = number[:5] + _CORSICA.get(number[5:7], number[5:7]) + number[7:13]
    return number[7:10] != "000" and number[10:13] != "000" and int(number[13:]) == 97 - int(body) % 97


def is_siren(number: str) -> bool:
    return luhn(number) and number != "000000000"


def is_siret(number: str) -> bool:
    """Its first nine are a SIREN. Sites of La Poste but its head office have digits that add up to a multiple of 5."""
    if number.startswith(_POSTE) and number != _POSTE_HEAD_OFFICE:
        return sum(digits(number)) % 5 == 0
    return is_siren(number[:9]) and luhn(number)


def is_vat(number: str) -> bool:
    siren = number[4:]
    return is_siren(siren) and int(number[2:4]) == (12 + 3 * (int(siren) % 97)) % 97


def is_fiscal(number: str) -> bool:
    return int(number[:10]) % 511 == int(number[10:]) and int(number) > 0


def is_rib(number: str) -> bool:
    """A, J count 1, B, K, S count 2 and so on; the whole is a multiple of 97."""
    plain = number.translate(_RIB_LETTERS)
    bank, branch, account, key = int(plain[:5]), int(plain[5:10]), int(plain[10:21]), int(plain[21:])
    return key >= 1 and bank > 0 and (89 * bank + 15 * branch + 3 * account + key) % 97 == 0


FRANCE = (
    checked(
        "FR_NIR",
        "social security number (NIR)",
        valid=is_nir,
        sure=_NIR,
        by_context=_NIR_RARE,
        context=("nir", "insee", "sécu", "secu", "social", "assuré", "immatriculation"),
    ),
    checked(
        "FR_SIREN",
        "number of a firm (SIREN)",
        valid=is_siren,
        sure=_SIREN_BEFORE_REGISTER,
        by_context=_SIREN,
        context=("siren", "rcs", "insee", "immatricul"),
    ),
    checked(
        "FR_SIRET",
        "number of a firm's site (SIRET)",
        valid=is_siret,
        sure=_SIRET_GROUPED,
        by_context=_SIRET,
        context=("siret", "rcs", "insee", "immatricul"),
    ),
    checked(
        "FR_VAT",
        "VAT number",
        valid=is_vat,
        sure=_VAT,
    ),
    checked(
        "FR_TAX_ID",
        "tax number (SPI)",
        valid=is_fiscal,
        sure=_FISCAL_GROUPED,
        by_context=_FISCAL,
        context=("fiscal", "impôt", "impot", "contribuable", "spi", "tax"),
    ),
    checked(
        "FR_PASSPORT",
        "passport number",
        by_context=_PASSPORT,
        context=("passeport", "passport"),
    ),
    checked(
        "FR_ID_CARD",
        "identity card number, old and new",
        by_context=_ID_CARD,
        context=("identité", "identite", "cni"),
    ),
    checked(
        "FR_RIB",
        "bank account (RIB)",
        valid=is_rib,
        sure=_RIB_GROUPED,
        by_context=_RIB,
        context=("rib", "bancaire", "compte", "banque", "account"),
    ),
)
