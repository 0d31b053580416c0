"""What a model's labels say: the kind of personal data, and whether a mention begins or ends there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tamis.errors import ConfigError

NAMED_KINDS = ("PERSON", "LOCATION", "ADDRESS", "ORGANIZATION", "DATE_OF_BIRTH", "USERNAME")
"""The kinds that have no shape of their own: only a model finds them."""

# Labels of models in use, letters and digits only, in upper case: CoNLL and OntoNotes tag sets, openai/privacy-filter,
# bigcode/starpii, and the AI4Privacy sets that many personal-data models are trained on.
_KINDS = {
    "PERSON": "PER PERS PERSON NAME FULLNAME PERSONNAME FIRSTNAME MIDDLENAME LASTNAME GIVENNAME SURNAME PATIENT DOCTOR",
    "LOCATION": "LOC LOCATION GPE CITY TOWN STATE COUNTY COUNTRY REGION",
    "ADDRESS": "ADDRESS STREET STREETADDRESS STREETNAME BUILDINGNUMBER BUILDINGNUM SECONDARYADDRESS ZIPCODE ZIP "
    "POSTCODE POSTALCODE",
    "ORGANIZATION": "ORG ORGANIZATION ORGANISATION COMPANY COMPANYNAME CORPORATION",
    "DATE_OF_BIRTH": "DOB DATEOFBIRTH BIRTHDATE BIRTHDAY",
    "USERNAME": "USERNAME USER LOGIN HANDLE",
    "DATE_TIME": "DATE TIME DATETIME",
    "EMAIL_ADDRESS": "EMAIL EMAILADDRESS",
    "PHONE_NUMBER": "PHONE PHONENUMBER TELEPHONE TELEPHONENUM TELEPHONENUMBER",
    "IP_ADDRESS": "IP IPADDRESS IPV4 IPV6",
    "MAC_ADDRESS": "MAC MACADDRESS",
    "CREDIT_CARD": "CREDITCARD CREDITCARDNUMBER",
    "IBAN_CODE": "IBAN IBANCODE",
    "US_SSN": "SSN USSSN SOCIALSECURITYNUMBER",
    "URL": "URL WEBSITE",
}
_KIND_OF = {label: kind for kind, labels in _KINDS.items() for label in labels.split()}
_OUTSIDE = frozenset(("O", "OUTSIDE", "NONE", "OTHER", "NOENTITY"))
_PREFIXED = re.compile(r"([BIESLUM])[-_](.+)", flags=re.DOTALL)
_UNNAMED = re.compile(r"LABEL_\d+")


@dataclass(frozen=True, slots=True)
class Label:
    """One output of a token classifier."""

    entity: str
    """The model's own name, without the prefix of its scheme."""
    kind: str | None
    """Ours; None: nothing stands there."""
    begins: bool = False
    """A mention begins with this token (B, S or U)."""
    ends: bool = False
    """A mention ends with this token (E, L, S or U)."""


def kind_of(entity: str) -> str:
    """Our kind for a model's name of one: `PER`, `private_person` and `FIRSTNAME` are PERSON; others in upper case."""
    plain = "".join(character for character in entity.upper() if character.isalnum()).removeprefix("PRIVATE")
    return _KIND_OF.get(plain) or re.sub(r"\W+", "_", entity.strip()).upper()


def read_labels(names: Sequence[str], *, renames: Mapping[str, str], where: str) -> tuple[Label, ...]:
    """The labels of a model in the order of its outputs; BIO, BIOES, BILOU, BMES, IO and plain names are told apart.

    Args:
        names: what the model calls its outputs.
        renames: kinds of ours by names of the model's (without prefix), before the built-in ones.
        where: the model, for messages.

    Raises:
        ConfigError: the outputs have no names, none stands for "nothing here", none names anything, or a name that is
            to be renamed is none of the model's.
    """
    if not names or all(_UNNAMED.fullmatch(name) for name in names):
        raise ConfigError(
            f"{where}: the model does not say what its outputs mean (id2label in config.json is missing). "
            "Take a model that was trained for token classification, or write its labels into its config.json."
        )
    prefixes = [_PREFIXED.fullmatch(name) for name in names if not _is_outside(name)]
    has_prefixes = bool(prefixes) and all(prefixes)
    labels = tuple(_label(name, renames=renames, has_prefixes=has_prefixes) for name in names)
    if all(label.kind for label in labels) or not any(label.kind for label in labels):
        raise ConfigError(
            f"{where}: the labels {', '.join(names[:8])} must be the names of what is found and one for nothing (O)."
        )
    entities = {label.entity for label in labels if label.kind}
    for given in renames:
        if given not in entities:
            raise ConfigError.unknown("label", given, entities, where=where)
    return labels


def _is_outside(name: str) -> bool:
    return "".join(character for character in name.upper() if character.isalnum()) in _OUTSIDE


def _label(name: str, *, renames: Mapping[str, str], has_prefixes: bool) -> Label:
    if _is_outside(name):
        return Label(name, None)
    match = _PREFIXED.fullmatch(name) if has_prefixes else None
    prefix, entity = match.groups() if match else ("", name)
    return Label(
        entity,
        renames.get(entity) or kind_of(entity),
        begins=prefix in ("B", "S", "U"),
        ends=prefix in ("E", "L", "S", "U"),
    )
