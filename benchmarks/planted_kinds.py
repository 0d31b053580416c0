"""Valid numbers of seven countries, computed from their published rules, with sentences to put them in, and decoys.

Independent of what verifies them: nothing of `filters` is imported here. The sentences and numbers are made up.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Spelling = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    number: Callable[[Random], str]
    """A valid number, without separators."""
    spellings: tuple[Spelling, ...]
    sentences: tuple[str, ...]
    wrong: Callable[[str, Random], str] | None = None
    """The number, made invalid; null where a number of this kind cannot be told to be wrong."""


def groups(*sizes: int, by: str = " ") -> Spelling:
    """The number in groups of these sizes."""

    def spelled(number: str) -> str:
        parts, place = [], 0
        for size in sizes:
            parts.append(number[place : place + size])
            place += size
        return by.join(parts)

    return spelled


def shaped(shape: str) -> Spelling:
    """The number with its characters where `shape` has #."""

    def spelled(number: str) -> str:
        rest = iter(number)
        return "".join(next(rest) if mark == "#" else mark for mark in shape)

    return spelled


def plain(number: str) -> str:
    return number


def _some(chance: Random, count: int, alphabet: str = string.digits) -> str:
    return "".join(chance.choice(alphabet) for _ in range(count))


def _other_last_digit(number: str, chance: Random) -> str:
    return number[:-1] + chance.choice([digit for digit in string.digits if digit != number[-1]])


def _other_last_letter(number: str, chance: Random) -> str:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    return number[:-1] + chance.choice([letter for letter in letters if letter != number[-1]])


def _other_digit_at(place: int) -> Callable[[str, Random], str]:
    def changed(number: str, chance: Random) -> str:
        other = chance.choice([digit for digit in string.digits if digit != number[place]])
        return number[:place] + other + number[place + 1 :]

    return changed


def _with_luhn(body: str) -> str:
    """The body and the digit that makes Luhn's sum a multiple of ten."""
    doubled = "0246813579"
    total = sum(int(doubled[int(digit)] if place % 2 == 0 else digit) for place, digit in enumerate(body[::-1]))
    return f"{body}{-total % 10}"


def _with_mod_11_10(body: str) -> str:
    """ISO 7064 MOD 11,10."""
    carried = 10
    for digit in body:
        carried = ((int(digit) + carried) % 10 or 10) * 2 % 11
    return f"{body}{(11 - carried) % 10}"


def _siren(chance: Random) -> str:
    return _with_luhn(chance.choice("3458") + _some(chance, 7))


def _siret(chance: Random) -> str:
    while True:
        number = _with_luhn(_siren(chance) + "000" + _some(chance, 1))
        if not number.startswith("356000000"):
            return number


def _nir(chance: Random) -> str:
    department = chance.choice(["2A", "2B", *(f"{number:02}" for number in range(1, 96) if number != 20)])
    head = f"{chance.choice('12')}{chance.randrange(100):02}{chance.randrange(1, 13):02}"
    tail = f"{chance.randrange(1, 900):03}{chance.randrange(1, 1000):03}"
    as_number = int(head + department.replace("A", "0").replace("B", "0") + tail)
    as_number -= {"A": 1_000_000, "B": 2_000_000}.get(department[1], 0)
    return f"{head}{department}{tail}{97 - as_number % 97:02}"


def _french_vat(chance: Random) -> str:
    siren = _siren(chance)
    return f"FR{(int(siren) * 100 + 12) % 97:02}{siren}"


def _french_fiscal(chance: Random) -> str:
    body = chance.choice("0123") + _some(chance, 9)
    return f"{body}{int(body) % 511:03}"


def _rib(chance: Random) -> str:
    body = chance.choice("123") + _some(chance, 9) + _some(chance, 10) + chance.choice(string.ascii_uppercase)
    values = {letter: str((place + (place > 17)) % 9 + 1) for place, letter in enumerate(string.ascii_uppercase)}
    as_number = int("".join(values.get(character, character) for character in body) + "00")
    return f"{body}{97 - as_number % 97:02}"


def _national_register(chance: Random) -> str:
    year = chance.choice([*range(1930, 2025)])
    body = f"{year % 100:02}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{chance.randrange(1, 998):03}"
    return f"{body}{97 - int(body if year < 2000 else '2' + body) % 97:02}"


def _belgian_firm(chance: Random) -> str:
    body = f"0{chance.randrange(2_000_000, 9_000_000)}"
    return f"{body}{97 - int(body) % 97:02}"


def _bsn(chance: Random) -> str:
    while True:
        body = chance.choice("123") + _some(chance, 7)
        check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{body}{check}"


def _dutch_vat(chance: Random) -> str:
    """The new kind: any nine digits and the two that make it pass ISO 7064 (N is 23, L is 21, B is 11)."""
    body = _some(chance, 9)
    return f"NL{body}B{98 - int(f'2321{body}1100') % 97:02}"


def _nif(chance: Random) -> str:
    body = chance.choice("1235") + _some(chance, 7)
    rest = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
    return f"{body}{0 if rest < 2 else 11 - rest}"


def _citizen_card(chance: Random) -> str:
    body = _some(chance, 9) + chance.choice("Z") + chance.choice("XYZ")
    total = 0
    for place, character in enumerate(body):
        value = int(character, 36)
        total += value if place % 2 else (2 * value if value < 5 else 2 * value - 9)
    return f"{body}{-total % 10}"


def _niss(chance: Random) -> str:
    body = "1" + _some(chance, 9)
    primes = (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)
    total = sum(prime * int(digit) for prime, digit in zip(primes, body, strict=True))
    return f"{body}{9 - total % 10}"


def _dni(chance: Random) -> str:
    number = chance.randrange(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _nie(chance: Random) -> str:
    prefix, number = chance.randrange(3), chance.randrange(10_000_000)
    return f"{'XYZ'[prefix]}{number:07}{'TRWAGMYFPDXBNJZSQVHLCKE'[(prefix * 10_000_000 + number) % 23]}"


def _spanish_social(chance: Random) -> str:
    province, number = chance.randrange(1, 51), chance.randrange(10_000_000, 100_000_000)
    return f"{province:02}{number}{(province * 100_000_000 + number) % 97:02}"


def _german_tax_id(chance: Random) -> str:
    """Of the first ten digits, one is there twice and one is missing."""
    while True:
        kept = chance.sample(string.digits, 9)
        body = [*kept, chance.choice(kept)]
        chance.shuffle(body)
        if body[0] != "0":
            return _with_mod_11_10("".join(body))


def _german_pension(chance: Random) -> str:
    body = (
        f"{chance.choice((13, 15, 50, 65))}{chance.randrange(1, 29):02}{chance.randrange(1, 13):02}{_some(chance, 2)}"
    )
    letter, serial = chance.choice(string.ascii_uppercase), _some(chance, 2)
    as_digits = f"{body}{ord(letter) - 64:02}{serial}"
    products = [int(digit) * int(weight) for digit, weight in zip(as_digits, "212571212121", strict=True)]
    return f"{body}{letter}{serial}{sum(map(int, ''.join(map(str, products)))) % 10}"


def _german_document(first: str) -> Callable[[Random], str]:
    def number(chance: Random) -> str:
        body = chance.choice(first) + _some(chance, 3) + chance.choice("CFGHJKLMNPRTVWXYZ") + _some(chance, 4)
        total = sum(int(character, 36) * int(weight) for character, weight in zip(body, "731731731", strict=True))
        return f"{body}{total % 10}"

    return number


def _german_health(chance: Random) -> str:
    letter, body = chance.randrange(1, 27), _some(chance, 8)
    return f"{chr(64 + letter)}{body}{_with_luhn_from_left(f'{letter:02}{body}')}"


def _with_luhn_from_left(body: str) -> int:
    doubled = "0246813579"
    return sum(int(doubled[int(digit)] if place % 2 else digit) for place, digit in enumerate(body)) % 10


def _lanr(chance: Random) -> str:
    body = _some(chance, 6)
    total = sum(int(digit) * (9 if place % 2 else 4) for place, digit in enumerate(body))
    return f"{body}{-total % 10}{chance.randrange(1, 69):02}"


_ODD_TENS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (*_ODD_TENS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip(string.digits + string.ascii_uppercase, (*_ODD_TENS, *_ODD_LETTERS), strict=True))
_EVEN = {character: int(character, 36) - (0 if character.isdigit() else 10) for character in _ODD}


def _fiscal_code(chance: Random) -> str:
    name, year, month = _some(chance, 6, "BCDFGLMNPRSTV"), _some(chance, 2), chance.choice("ABCDEHLMPRST")
    body = f"{name}{year}{month}{chance.randrange(1, 28):02}H{chance.randrange(1, 999):03}"
    total = sum((_EVEN if place % 2 else _ODD)[character] for place, character in enumerate(body))
    return f"{body}{string.ascii_uppercase[total % 26]}"


def _letters_and_digits(shape: str) -> Callable[[Random], str]:
    """A number without a check: A is a letter, 9 a digit, what else is itself."""
    alphabets = {"A": string.ascii_uppercase, "9": string.digits}
    return lambda chance: "".join(_some(chance, 1, alphabets.get(mark, mark)) for mark in shape)


KINDS = (
    Kind(
        "FR_NIR",
        _nir,
        (plain, groups(1, 2, 2, 2, 3, 3, 2), shaped("############# ##")),
        (
            "Son numéro de sécurité sociale est le {}.",
            "L'assurée, immatriculée sous le NIR {}, demande le remboursement.",
            "N° SS : {}, à rappeler dans toute correspondance.",
        ),
        _other_last_digit,
    ),
    Kind(
        "FR_SIREN",
        _siren,
        (plain, groups(3, 3, 3)),
        (
            "La société est inscrite sous le numéro SIREN {}.",
            "Immatriculée au RCS de Lyon, n° {}.",
            "SARL au capital de 8000 euros, {} RCS Nanterre.",
        ),
        _other_last_digit,
    ),
    Kind(
        "FR_SIRET",
        _siret,
        (plain, groups(3, 3, 3, 5)),
        ("Le SIRET de l'établissement est {}.", "Entreprise individuelle, SIRET : {}."),
        _other_last_digit,
    ),
    Kind(
        "FR_VAT",
        _french_vat,
        (plain, groups(2, 2, 9), groups(4, 3, 3, 3)),
        ("Notre numéro de TVA intracommunautaire est {}.", "Facture sans taxe, TVA {}."),
        _other_last_digit,
    ),
    Kind(
        "FR_TAX_ID",
        _french_fiscal,
        (plain, groups(2, 2, 3, 3, 3)),
        ("Votre numéro fiscal de référence : {}.", "Le contribuable indique son numéro fiscal, {}, sur le formulaire."),
        _other_last_digit,
    ),
    Kind(
        "FR_PASSPORT",
        _letters_and_digits("99AA99999"),
        (plain,),
        ("Elle a présenté le passeport n° {}.", "Passeport français {} délivré à Nantes."),
    ),
    Kind(
        "FR_ID_CARD",
        _letters_and_digits("990975999999"),
        (plain,),
        ("Titulaire de la carte d'identité n° {}.", "Sa carte nationale d'identité, {}, a expiré."),
    ),
    Kind(
        "FR_RIB",
        _rib,
        (plain, groups(5, 5, 11, 2)),
        ("Le virement se fait sur le compte {}.", "RIB : {}."),
        _other_last_digit,
    ),
    Kind(
        "DE_TAX_ID",
        _german_tax_id,
        (plain, groups(2, 3, 3, 3)),
        ("Ihre Steueridentifikationsnummer lautet {}.", "Steuer-ID: {}.", "Die IdNr. {} ist anzugeben."),
        _other_last_digit,
    ),
    Kind(
        "DE_SOCIAL_SECURITY",
        _german_pension,
        (plain, groups(2, 6, 1, 3)),
        ("Die Rentenversicherungsnummer ist {}.", "Sozialversicherungsnummer: {}."),
        _other_last_digit,
    ),
    Kind(
        "DE_PASSPORT",
        _german_document("CFGHJK"),
        (plain, lambda number: number[:9]),
        ("Der Reisepass mit der Nummer {} ist abgelaufen.", "Passnummer: {}."),
    ),
    Kind(
        "DE_ID_CARD",
        _german_document("LMNPRTVWXYZ"),
        (plain, lambda number: number[:9]),
        ("Sein Personalausweis hat die Nummer {}.", "Ausweisnummer {}."),
    ),
    Kind(
        "DE_HEALTH_INSURANCE",
        _german_health,
        (plain,),
        ("Die Krankenversichertennummer lautet {}.", "Auf der Gesundheitskarte steht {}."),
        _other_last_digit,
    ),
    Kind(
        "DE_LANR",
        _lanr,
        (plain,),
        ("Verordnet von der Ärztin mit der LANR {}.", "Lebenslange Arztnummer: {}."),
        _other_digit_at(6),
    ),
    Kind(
        "DE_BSNR",
        _letters_and_digits("389999999"),
        (plain,),
        ("Die BSNR der Praxis ist {}.", "Betriebsstättennummer {}."),
    ),
    Kind(
        "DE_FUEHRERSCHEIN",
        _letters_and_digits("BR99999999A"),
        (plain,),
        ("Sein Führerschein trägt die Nummer {}.", "Führerscheinnummer: {}."),
    ),
    Kind(
        "DE_HANDELSREGISTER",
        _letters_and_digits("HRB99999"),
        (groups(3, 5),),
        ("Amtsgericht Köln, {}.", "Die Gesellschaft ist unter {} eingetragen."),
    ),
    Kind(
        "DE_TAX_NUMBER",
        _letters_and_digits("14381508150"),
        (groups(3, 3, 5, by="/"),),
        ("Die Steuernummer {} ist auf jeder Rechnung zu nennen.", "Finanzamt München, Steuernummer {}."),
    ),
    Kind(
        "DE_VAT_ID",
        lambda chance: "DE" + _with_mod_11_10(chance.choice("12") + _some(chance, 7)),
        (plain, groups(2, 9), groups(2, 3, 3, 3)),
        ("USt-IdNr.: {}.", "Unsere Umsatzsteuer-Identifikationsnummer ist {}."),
        _other_last_digit,
    ),
    Kind(
        "ES_NIF",
        _dni,
        (plain, shaped("########-#"), shaped("##.###.###-#")),
        ("Don Álvaro, con DNI {}, comparece.", "NIF: {}."),
        _other_last_letter,
    ),
    Kind(
        "ES_NIE",
        _nie,
        (plain, shaped("#-#######-#")),
        ("La trabajadora tiene el NIE {}.", "Número de identidad de extranjero: {}."),
        _other_last_letter,
    ),
    Kind(
        "ES_SOCIAL_SECURITY",
        _spanish_social,
        (plain, groups(2, 8, 2), groups(2, 8, 2, by="/")),
        ("Su número de la Seguridad Social es {}.", "Número de afiliación: {}."),
        _other_last_digit,
    ),
    Kind(
        "ES_PASSPORT",
        _letters_and_digits("AAA999999"),
        (plain,),
        ("Viaja con el pasaporte {}.", "Pasaporte número {}, expedido en Bilbao."),
    ),
    Kind(
        "IT_FISCAL_CODE",
        _fiscal_code,
        (plain,),
        ("Il codice fiscale è {}.", "C.F. {}."),
        lambda number, chance: number[:-1] + chance.choice(string.ascii_uppercase.replace(number[-1], "")),
    ),
    Kind(
        "IT_VAT_CODE",
        lambda chance: _with_luhn("0" + _some(chance, 9)),
        (plain, "IT{}".format),
        ("La partita IVA è {}.", "P. IVA {}."),
        _other_last_digit,
    ),
    Kind(
        "IT_DRIVER_LICENSE",
        _letters_and_digits("U1B999999A"),
        (plain,),
        ("La patente di guida n. {} è scaduta.", "Patente: {}."),
    ),
    Kind(
        "IT_IDENTITY_CARD",
        _letters_and_digits("CA99999AA"),
        (plain,),
        ("La carta d'identità numero {} è valida.", "Carta di identità elettronica {}."),
    ),
    Kind(
        "IT_PASSPORT",
        _letters_and_digits("YA9999999"),
        (plain,),
        ("Il passaporto {} è stato rilasciato a Torino.", "Passaporto n. {}."),
    ),
    Kind(
        "BE_NATIONAL_REGISTER_NUMBER",
        _national_register,
        (plain, shaped("##.##.##-###.##"), shaped("##.##.##-### ##")),
        (
            "Haar rijksregisternummer is {}.",
            "Numéro de registre national : {}.",
            "Son numéro national est le {}.",
        ),
        _other_last_digit,
    ),
    Kind(
        "BE_ENTERPRISE_NUMBER",
        _belgian_firm,
        (plain, shaped("####.###.###"), shaped("BE ####.###.###"), "BE{}".format),
        ("Het ondernemingsnummer is {}.", "Numéro d'entreprise {}."),
        _other_last_digit,
    ),
    Kind(
        "NL_BSN",
        _bsn,
        (plain, shaped("####.##.###")),
        ("Zijn burgerservicenummer is {}.", "BSN: {}."),
        _other_last_digit,
    ),
    Kind(
        "NL_VAT",
        _dutch_vat,
        (plain, shaped("######.##.###.#.##")),
        ("Het btw-identificatienummer is {}.", "Btw-id {}."),
    ),
    Kind(
        "PT_NIF",
        _nif,
        (plain, groups(3, 3, 3), "PT{}".format),
        ("O número de contribuinte é {}.", "NIF: {}."),
        _other_last_digit,
    ),
    Kind(
        "PT_CITIZEN_CARD",
        _citizen_card,
        (plain, shaped("######## # ###")),
        ("O cartão de cidadão n.º {} caducou.", "Cartão de cidadão: {}."),
        _other_last_digit,
    ),
    Kind(
        "PT_NISS",
        _niss,
        (plain, groups(3, 3, 3, 2)),
        ("O NISS do trabalhador é {}.", "Número de segurança social: {}."),
        _other_last_digit,
    ),
)


def _isbn10(chance: Random) -> str:
    body = "0" + _some(chance, 8)
    rest = -sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
    return f"{body}{'X' if rest == 10 else rest}"


def _isbn13(chance: Random) -> str:
    body = "978" + _some(chance, 9)
    return f"{body}{-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10}"


DECOYS: tuple[Callable[[Random], str], ...] = (
    lambda chance: f"En {chance.randrange(1600, 2030)}, la société comptait {chance.randrange(10**5, 10**9)} euros.",
    lambda chance: f"Le capital de l'entreprise est de {chance.randrange(10**8, 10**9):,} euros.".replace(",", " "),
    lambda chance: f"Der Umsatz der Firma lag bei {chance.randrange(10**8, 10**9):,} Euro.".replace(",", "."),
    lambda chance: f"ISBN {_isbn10(chance)}.",
    lambda chance: f"Lisez l'ouvrage (ISBN {_isbn13(chance)}).",
    lambda chance: f"ISBN {shaped('###-#-###-#####-#')(_isbn13(chance))}, second edition.",
    lambda chance: (
        f"Bestelling {_some(chance, 9)} wordt op {chance.randrange(1, 29)}.0{chance.randrange(1, 10)}.2024 bezorgd."
    ),
    lambda chance: f"Order {_some(chance, 10)}, invoice {_some(chance, 11)}, parcel {_some(chance, 12)}.",
    lambda chance: f"A encomenda {_some(chance, 11)} custa {chance.randrange(10**4)},90 €.",
    lambda chance: f"Il pacco {_some(chance, 13)} pesa {chance.randrange(10**5)} grammi.",
    lambda chance: f"Build 2024{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{_some(chance, 6)} passed.",
    lambda chance: (
        f"Commit {_some(chance, 40, '0123456789abcdef')} and model {_some(chance, 2, 'ABCXYZ')}-{_some(chance, 4)}."
    ),
)
"""Sentences with numbers that are nobody's."""

TELEPHONES: tuple[Callable[[Random], str], ...] = (
    lambda chance: f"Téléphone : 0{chance.randrange(1, 10)} {groups(2, 2, 2, 2)(_some(chance, 8))}.",
    lambda chance: f"Rufen Sie an: +49 30 {_some(chance, 8)} oder 0151 {_some(chance, 8)}.",
    lambda chance: f"Llame al 9{_some(chance, 8)} o al +34 6{groups(2, 3, 3)(_some(chance, 8))}.",
    lambda chance: f"Call +1 212 555 {_some(chance, 4)} or 020 7946 {_some(chance, 4)} for details.",
)
"""Sentences with telephone numbers, which are no national numbers."""
