"""Reads the licences and the reservations in a picture's metadata: XMP, EXIF, IPTC and the text fields of PNG.

Licences are given as raw words, for `filters.rights.spdx.read_name` to read; they are taken from the picture's own
packet only. Reservations are taken from wherever they stand: a second packet, a picture placed in this one, what
follows the pixels. A packet that is no XML, or that defines entities, is searched for the plain words of a
prohibition, and is `unclear` without one: a broken packet does not make a reservation disappear. Pixels are never
decoded.

Known misses: EXIF and IPTC fields of an AVIF that Pillow cannot open, and of a TIFF whose directory is cut off; text
beside the picture itself (captions, comments); what `filters/rights/pictures/words.py` says of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from filters.rights.pictures.blocks import Blocks, blocks_of
from filters.rights.pictures.markers import may_carry_rights
from filters.rights.pictures.packet import Name, Property, read_packet, reserved_in_broken
from filters.rights.pictures.words import speaks_of_reservation
from filters.rights.reservations.statement import Statement

PictureKind = Literal[
    "xmp-license",
    "xmp-web-statement",
    "xmp-usage-terms",
    "xmp-rights",
    "xmp-marked",
    "exif-copyright",
    "iptc-copyright",
    "png-text",
]
MAX_VALUE = 2_000
"""Characters of a licence's words that are kept; `read_name` refuses to read as many."""

_KIND_OF_NAME: dict[Name, PictureKind] = {
    "license": "xmp-license",
    "web-statement": "xmp-web-statement",
    "usage-terms": "xmp-usage-terms",
    "rights": "xmp-rights",
    "marked": "xmp-marked",
}
_KIND_OF_LOCATION: dict[str, PictureKind] = {
    "exif": "exif-copyright",
    "iptc": "iptc-copyright",
    "png-text": "png-text",
}
_WORDY: frozenset[Name] = frozenset(("license", "rights", "usage-terms", "instructions", "constraints", "data-mining"))
_MARKED = {"true": "copyrighted", "false": "public domain"}

_SAYS_OF_MINING = {
    "DMI-UNSPECIFIED": "none_found",
    "DMI-ALLOWED": "allowed",
    "DMI-PROHIBITED": "reserved",
    "DMI-PROHIBITED-AIMLTRAINING": "reserved",
    "DMI-PROHIBITED-GENAIMLTRAINING": "reserved",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": "reserved",
    "DMI-PROHIBITED-SEECONSTRAINT": "reserved",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR": "reserved",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR": "reserved",
}
_SAYS_OF_TDM = {"1": "reserved", "true": "reserved", "0": "allowed"}
_PROHIBITED = b"DMI-PROHIBITED"


@dataclass(frozen=True, slots=True)
class PictureLicence:
    """Words about a licence. `location` is one of `xmp`, `exif`, `iptc`, `png-text`.

    Of kind `xmp-marked` the value is ours: `copyrighted`, which every licensed picture may say, or `public domain`,
    which is weak evidence by itself.
    """

    kind: PictureKind
    value: str
    location: str


@dataclass(frozen=True, slots=True)
class PictureRights:
    """What a picture says of its rights; both are without repetitions, in the order in which they stand."""

    licences: tuple[PictureLicence, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """The rights fields of a picture, as written."""

    properties: tuple[Property, ...]
    broken: tuple[bytes, ...]
    """Packets of the picture's own that could not be parsed."""
    stray: tuple[bytes, ...]
    """The same of others, which are not worth a word unless they prohibit."""
    blocks: Blocks


def read_picture(data: bytes) -> PictureRights:
    """Never raises; there is always a statement by `plus`, since metadata has been looked at."""
    if not may_carry_rights(data):
        return PictureRights((), (_statement("plus", "none_found"),))
    fields = fields_of(data)
    statements = dict.fromkeys(_statements(fields))
    if _PROHIBITED in data:
        statements[_statement("plus", "reserved")] = None
    if not any(said.protocol == "plus" for said in statements):
        statements[_statement("plus", "none_found")] = None
    return PictureRights(tuple(dict.fromkeys(_licences(fields))), tuple(statements))


def fields_of(data: bytes) -> Fields:
    blocks = blocks_of(data)
    own = {packet: read_packet(packet, is_own=True) for packet in dict.fromkeys(blocks.packets)}
    strays = {packet: read_packet(packet, is_own=False) for packet in dict.fromkeys(blocks.strays)}
    read = [*own.values(), *strays.values()]
    return Fields(
        properties=tuple(dict.fromkeys(found for properties in read for found in properties or ())),
        broken=tuple(packet for packet, properties in own.items() if properties is None),
        stray=tuple(packet for packet, properties in strays.items() if properties is None),
        blocks=blocks,
    )


def _licences(fields: Fields) -> Iterator[PictureLicence]:
    for found in fields.properties:
        kind = _KIND_OF_NAME.get(found.name)
        value = _MARKED.get(found.value.casefold(), "") if found.name == "marked" else found.value
        if kind and value and found.is_own:
            yield PictureLicence(kind, value[:MAX_VALUE], "xmp")
    for text in fields.blocks.texts:
        if text.location in _KIND_OF_LOCATION and text.value:
            yield PictureLicence(_KIND_OF_LOCATION[text.location], text.value[:MAX_VALUE], text.location)


def _statements(fields: Fields) -> Iterator[Statement]:
    for found in fields.properties:
        yield from _of_property(found)
    for packet in (*fields.broken, *fields.stray):
        for name in reserved_in_broken(packet):
            yield _statement("plus" if name == "data-mining" else "tdmrep", "reserved")
    if fields.broken or fields.blocks.damaged:
        yield _statement("plus", "unclear")
    yield from _of_words((text.location, text.value) for text in fields.blocks.texts)


def _of_property(found: Property) -> Iterator[Statement]:
    if found.name in ("data-mining", "foreign-data-mining"):
        yield _statement("plus", says_of_mining(found.value, is_plus=found.name == "data-mining"))
    elif found.name == "constraints" and found.value:
        yield _statement("plus", "unclear")
    elif found.name == "tdm-reservation":
        yield _statement("tdmrep", _SAYS_OF_TDM.get(found.value.casefold(), "unclear"))
    elif found.name == "tdm-policy":
        yield _statement("tdmrep", "unclear")
    if found.name in _WORDY:
        yield from _of_words([("xmp", found.value)])


def says_of_mining(value: str, *, is_plus: bool = True) -> str:
    """Reads a value of PLUS Data Mining, an address or its last part.

    The three values that prohibit and point elsewhere for the details are `reserved`, since what they point at is read
    by nobody here; a value that begins like a prohibition is one. Only PLUS itself may say `allowed`.
    """
    short = value.strip().rstrip("/#").rpartition("/")[2].rpartition("#")[2].upper()
    says = _SAYS_OF_MINING.get(short, "reserved" if short.startswith("DMI-PROHIBITED") else "unclear")
    return "unclear" if says in ("allowed", "none_found") and not is_plus else says


def _of_words(texts: Iterable[tuple[str, str]]) -> Iterator[Statement]:
    for location, value in texts:
        if speaks_of_reservation(value):
            closed = "iptc" if location == "iptc-instructions" else location
            yield Statement("words", "unclear", "item", closed, machine_readable=False)


def _statement(protocol: str, says: str) -> Statement:
    return Statement(protocol, says, "item", "xmp")
