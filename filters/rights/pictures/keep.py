"""Carries a picture's rights over to a copy of it that is encoded anew: an XMP packet, and the copyright in EXIF.

Nothing else goes along: what is not on the list of properties below is left behind, places and devices among it. A C2PA
manifest cannot go along, for it vouches for the original's bytes (`may_carry_manifest` tells).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from filters.rights.pictures.metadata import Fields, fields_of, read_picture, says_of_mining
from filters.rights.pictures.packet import Name
from filters.rights.reservations.statement import strictest

Encoder = Literal["JPEG", "PNG", "WEBP"]

_COPYRIGHT, _ARTIST = 0x8298, 0x013B
_ELEMENTS: dict[Name, str] = {
    "license": "cc:license",
    "web-statement": "xmpRights:WebStatement",
    "usage-terms": "xmpRights:UsageTerms",
    "marked": "xmpRights:Marked",
    "rights": "dc:rights",
    "instructions": "photoshop:Instructions",
    "data-mining": "plus:DataMining",
    "constraints": "plus:OtherConstraints",
    "tdm-reservation": "tdm:reservation",
    "tdm-policy": "tdm:policy",
}
_NAME_OF_LOCATION: dict[str, Name] = {
    "iptc": "rights",
    "iptc-instructions": "instructions",
    "png-text": "usage-terms",
}
_IN_EXIF = "exif"
_IN_LANGUAGES = frozenset(("rights", "usage-terms", "constraints"))
_OF_PICTURE_ONLY = frozenset(("license", "web-statement", "usage-terms", "marked", "rights"))
_NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/" '
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESERVING: tuple[tuple[str, Name, str], ...] = (
    ("plus", "data-mining", "DMI-PROHIBITED"),
    ("tdmrep", "tdm-reservation", "1"),
)
_UNREADABLE = "The metadata of the original could not be read."

Values = dict[Name, list[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a picture's metadata goes along."""

    packet: bytes | None
    """XMP; null where there is nothing to say."""
    copyright: str = ""
    """As EXIF has it, the photographer's and the editor's."""


def rights_of(data: bytes) -> Kept:
    """What says of rights what all the metadata of the picture said. Never raises.

    IPTC copyright becomes `dc:rights`, the texts of a PNG `xmpRights:UsageTerms`. What was understood only as a
    prohibition is written as one, and what was not understood stays unclear.
    """
    fields = fields_of(data)
    values = _values(fields)
    packet = _packet(values)
    for protocol, name, reserving in _RESERVING:
        before, after = _strictest_of(data, protocol), _strictest_of(packet, protocol)
        if before != after and before == "reserved":
            values.setdefault(name, []).append(reserving)
        elif before != after:
            values.setdefault("constraints", []).append(_UNREADABLE)
    notices = dict.fromkeys(text.value for text in fields.blocks.texts if text.location == _IN_EXIF and text.value)
    return Kept(_packet(values) if values else None, "; ".join(notices))


def _strictest_of(data: bytes, protocol: str) -> str:
    return strictest(said.says for said in read_picture(data).statements if said.protocol == protocol)


def options_for(kept: Kept, encoder: Encoder, *, artist: bytes = b"") -> dict[str, object]:
    """What to give to Pillow's `save` so that it is written, with the artist's name in EXIF.

    A JPEG has room for 65,502 bytes of XMP: with more, `save` raises a ValueError.
    """
    exif = Image.Exif()
    for tag, said in ((_COPYRIGHT, kept.copyright.encode()), (_ARTIST, artist)):
        if said:
            exif[tag] = said
    options: dict[str, object] = {"exif": exif} if len(exif) else {}
    if kept.packet is None:
        return options
    if encoder == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", kept.packet.decode("utf-8"))
        return {**options, "pnginfo": info}
    return {**options, "xmp": kept.packet}


def artist_of(image: Image.Image) -> bytes:
    """The photographer, in the bytes of the EXIF of an opened picture; nothing where it has none."""
    said = image.getexif().get(_ARTIST)
    return said.strip("\0 ").encode("latin-1", "replace") if isinstance(said, str) else b""


def _values(fields: Fields) -> Values:
    values: Values = {}
    for found in fields.properties:
        name = found.name
        if name == "foreign-data-mining":
            name = "data-mining" if says_of_mining(found.value, is_plus=False) == "reserved" else "constraints"
        if found.is_own or name not in _OF_PICTURE_ONLY:
            values.setdefault(name, []).append(found.value)
    for text in fields.blocks.texts:
        if text.location == _IN_EXIF:
            continue
        values.setdefault(_NAME_OF_LOCATION[text.location], []).append(text.value)
    return values


def _packet(values: Values) -> bytes:
    elements = "".join(_element(name, list(dict.fromkeys(said))) for name, said in values.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {_NAMESPACES}><rdf:Description rdf:about="">{elements}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def _element(name: Name, said: list[str]) -> str:
    tag = _ELEMENTS[name]
    texts = [escape(_NO_XML.sub("", text)) for text in said]
    if name in _IN_LANGUAGES:
        content = f"<rdf:Alt>{''.join(_in_language(texts))}</rdf:Alt>"
    elif len(texts) > 1:
        content = f"<rdf:Bag>{''.join(f'<rdf:li>{text}</rdf:li>' for text in texts)}</rdf:Bag>"
    else:
        content = texts[0]
    return f"<{tag}>{content}</{tag}>"


def _in_language(texts: list[str]) -> Iterator[str]:
    """An alternative has one text in each language, so that further ones are given languages of our own."""
    for number, text in enumerate(texts):
        language = "x-default" if number == 0 else f"x-also-{number}"
        yield f'<rdf:li xml:lang="{language}">{text}</rdf:li>'
