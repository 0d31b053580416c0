"""The table of kinds: what can be looked for, how, and what is on unless the recipe says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import regex
from presidio_analyzer.predefined_recognizers import (
    DateRecognizer,
    IbanRecognizer,
    MacAddressRecognizer,
    UrlRecognizer,
    UuidRecognizer,
)

from filters.personal import card, telephone, wallet
from filters.personal.card import CardRecognizer
from filters.personal.email import EmailAddressRecognizer
from filters.personal.entity import BEYOND, DIGIT, HEX, WORD, Entity
from filters.personal.internet import INTERNET
from filters.personal.names.labels import NAMED_KINDS
from filters.personal.national_numbers.table import NATIONAL
from filters.personal.secrets import SECRETS
from filters.personal.telephone import TelephoneRecognizer
from filters.personal.wallet import WalletRecognizer
from tamis.errors import ConfigError

_GENERAL = (
    Entity(
        kind="EMAIL_ADDRESS",
        region="",
        about="e-mail address under a public suffix",
        check="rules",
        make=EmailAddressRecognizer,
        gate=rf"@(?:{WORD}|-)+\.{WORD}",
    ),
    Entity(
        kind="PHONE_NUMBER",
        region="",
        about="telephone number: international, North American, with trunk prefix, or after a word for telephone",
        check="rules",
        make=TelephoneRecognizer,
        gate=telephone.GATE,
    ),
    Entity(
        kind="CREDIT_CARD",
        region="",
        about="payment card number of any brand",
        check="checksum",
        make=CardRecognizer,
        gate=card.GATE,
    ),
    Entity(
        kind="IBAN_CODE",
        region="",
        about="international bank account number",
        check="checksum",
        make=partial(IbanRecognizer, regex_flags=regex.DOTALL | regex.MULTILINE | regex.IGNORECASE),
        gate=rf"[A-Za-z{BEYOND}]{{2}}[0-9]{{2}}(?:[ -]?[A-Za-z0-9{BEYOND}]{{4}}){{2}}",
    ),
    Entity(
        kind="MAC_ADDRESS",
        region="",
        about="hardware address of a network interface",
        check="shape",
        make=MacAddressRecognizer,
        gate=rf"(?:{HEX}{{2}}[:-]){{5}}{HEX}{{2}}|{HEX}{{4}}\.{HEX}{{4}}\.{HEX}{{4}}",
    ),
    Entity(
        kind="CRYPTO",
        region="",
        about="wallet address: Bitcoin, Litecoin, Dogecoin, Dash, Tron; Ethereum by context",
        check="checksum",
        make=WalletRecognizer,
        gate=wallet.GATE,
    ),
    Entity(
        kind="URL",
        region="",
        about="web address or host name",
        check="shape",
        make=UrlRecognizer,
        gate=rf"[A-Za-z0-9.\-{BEYOND}]\.[A-Za-z{BEYOND}]{{2}}",
        default=False,
        why_off="Seldom about a person, and every e-mail address holds one: 3,461 hits in each MB of documentation.",
    ),
    Entity(
        kind="DATE_TIME",
        region="",
        about="date, in figures",
        check="shape",
        make=DateRecognizer,
        gate=rf"[-/.]{DIGIT}|{DIGIT}-[A-Za-z{BEYOND}]{{3}}",
        default=False,
        why_off="Almost no date in a text is a birthday, and no pattern tells which.",
    ),
    Entity(
        kind="UUID",
        region="",
        about="universally unique identifier",
        check="shape",
        make=UuidRecognizer,
        gate=rf"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-",
        default=False,
        why_off="It names things in programs, and a person only by way of somebody's database.",
    ),
)

_ROWS = (*_GENERAL, *INTERNET, *SECRETS, *NATIONAL)

ENTITIES: dict[str, Entity] = {entity.kind: entity for entity in sorted(_ROWS, key=lambda entity: entity.kind)}
"""Every kind that can be looked for, by name."""

REGIONS = tuple(sorted({entity.region for entity in ENTITIES.values()} - {""}))
"""The countries whose own numbers are known."""

DEFAULT = "default"
GENERAL = "general"


def chosen(words: Iterable[str]) -> tuple[str, ...]:
    """The kinds that a recipe's words ask for, sorted.

    A word is a kind; `general`, the kinds that are the same everywhere; a country's code, its own; or `default`, all of
    these. A group has only what is on by default.

    Raises:
        ConfigError: a word is none of them, or there is none.
    """
    kinds: set[str] = set()
    for word in words:
        if word in ENTITIES:
            kinds.add(word)
        elif word in _groups():
            kinds.update(entity.kind for entity in ENTITIES.values() if entity.default and _is_in(entity, word))
        elif word in NAMED_KINDS:
            raise ConfigError(
                f"personal_data: {word} has no shape that a pattern could find. Take it out of `entities`; to have a "
                "language model look for it, name one as `model`, and the kind in `model_kinds`."
            )
        else:
            raise ConfigError.unknown("entity", word, (*ENTITIES, *_groups()), where="personal_data")
    if not kinds:
        raise ConfigError("personal_data: entities is empty. Name the kinds to look for, or leave the filter out.")
    return tuple(sorted(kinds))


def _groups() -> Sequence[str]:
    return (DEFAULT, GENERAL, *REGIONS)


def _is_in(entity: Entity, group: str) -> bool:
    return group == DEFAULT or entity.region == ("" if group == GENERAL else group)
