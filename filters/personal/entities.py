"""The table of kinds: what can be looked for, how, and what is on unless the recipe says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from filters.personal import card, telephone, wallet
from filters.personal.card import CardRecognizer
from filters.personal.email import EmailAddressRecognizer
from filters.personal.entity import Entity
from filters.personal.internet import INTERNET
from filters.personal.names.labels import NAMED_KINDS
from filters.personal.national_numbers.table import NATIONAL
from filters.personal.secrets import SECRETS
from filters.personal.stock import STOCK
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
        gate=STOCK["EMAIL_ADDRESS"].gate,
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
    replace(
        STOCK["IBAN_CODE"],
        about="international bank account number",
        check="checksum",
    ),
    replace(
        STOCK["MAC_ADDRESS"],
        about="hardware address of a network interface",
        check="shape",
    ),
    Entity(
        kind="CRYPTO",
        region="",
        about="wallet address: Bitcoin, Litecoin, Dogecoin, Dash, Tron; Ethereum by context",
        check="checksum",
        make=WalletRecognizer,
        gate=wallet.GATE,
    ),
    replace(
        STOCK["URL"],
        about="web address or host name",
        check="shape",
        default=False,
        why_off="Seldom about a person, and every e-mail address holds one: 3,461 hits in each MB of documentation.",
    ),
    replace(
        STOCK["DATE_TIME"],
        about="date, in figures",
        check="shape",
        default=False,
        why_off="Almost no date in a text is a birthday, and no pattern tells which.",
    ),
    replace(
        STOCK["UUID"],
        about="universally unique identifier",
        check="shape",
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
