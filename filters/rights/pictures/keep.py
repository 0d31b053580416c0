"""Carries a picture's rights over to a copy of it that is encoded anew, in one XMP packet.

Nothing in Tamis encodes pictures anew; who does so outside of it loses all metadata unless it is passed to the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from xml.sax.saxutils import escape

from PIL.PngImagePlugin import PngInfo

from filters.rights.pictures.metadata import Fields, fields_of, read_picture, says_of_mining
from filters.rights.pictures.packet import Name
from filters.rights.reservations.statement import strictest

Encoder = Literal["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]

_XMP_TAG = 700
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
    "exif": "rights",
    "iptc": "rights",
    "iptc-instructions": "instructions",
    "png-text": "usage-terms",
}
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


def rights_of(data: bytes) -> bytes | None:
    """An XMP packet that says of rights what all the metadata of the picture said, or null where that is nothing.

    EXIF and IPTC copyright become `dc:rights`, the texts of a PNG `xmpRights:UsageTerms`. What was understood only as
    a prohibition is written as one, and what was not understood stays unclear.
    """
    values = _values(fields_of(data))
    packet = _packet(values)
    for protocol, name, reserving in _RESERVING:
        before, after = _strictest_of(data, protocol), _strictest_of(packet, protocol)
        if before != after and before == "reserved":
            values.setdefault(name, []).append(reserving)
        elif before != after:
            values.setdefault("constraints", []).append(_UNREADABLE)
    return _packet(values) if values else None


def _strictest_of(data: bytes, protocol: str) -> str:
    return strictest(said.says for said in read_picture(data).statements if said.protocol == protocol)


def options_for(packet: bytes, encoder: Encoder) -> dict[str, object]:
    """What to give to Pillow's `save` so that the packet is written.

    A JPEG has room for 65,502 bytes of it: with more, `save` raises a ValueError.
    """
    if encoder == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode("utf-8"))
        return {"pnginfo": info}
    return {"tiffinfo": {_XMP_TAG: packet}} if encoder == "TIFF" else {"xmp": packet}


def _values(fields: Fields) -> Values:
    values: Values = {}
    for found in fields.properties:
        name = found.name
        if name == "foreign-data-mining":
            name = "data-mining" if says_of_mining(found.value, is_plus=False) == "reserved" else "constraints"
        if found.is_own or name not in _OF_PICTURE_ONLY:
            values.setdefault(name, []).append(found.value)
    for text in fields.blocks.texts:
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
