"""Reads the rights properties of an XMP packet, from whatever of the ways of writing RDF they are written in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

MAX_PACKET = 8 << 20
"""Bytes; of a longer packet only the plainest reservations are seen."""

Name = Literal[
    "license",
    "web-statement",
    "usage-terms",
    "rights",
    "marked",
    "instructions",
    "data-mining",
    "foreign-data-mining",
    "constraints",
    "tdm-reservation",
    "tdm-policy",
]

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP_RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
_PLUS = "{http://ns.useplus.org/ldf/xmp/1.0/}"

_NAMES: dict[str, Name] = {
    "{http://creativecommons.org/ns#}license": "license",
    "{http://web.resource.org/cc/}license": "license",
    "{http://purl.org/dc/terms/}license": "license",
    f"{_XMP_RIGHTS}WebStatement": "web-statement",
    f"{_XMP_RIGHTS}UsageTerms": "usage-terms",
    f"{_XMP_RIGHTS}Marked": "marked",
    "{http://purl.org/dc/elements/1.1/}rights": "rights",
    "{http://purl.org/dc/terms/}rights": "rights",
    "{http://ns.adobe.com/photoshop/1.0/}Instructions": "instructions",
    f"{_PLUS}DataMining": "data-mining",
    f"{_PLUS}OtherConstraints": "constraints",
}

_PROHIBITED = re.compile(r"DMI-PROHIBITED", re.IGNORECASE)
_TDM_RESERVED = re.compile(r"tdm[\w:.-]{0,20}reserv\w{0,10}[\"'>=\s]{1,4}1\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Property:
    """A property as written.

    `is_own` is true of properties of the picture itself, false of those of what was placed in it or of another packet.
    """

    name: Name
    value: str
    is_own: bool


def read_packet(packet: bytes, *, is_own: bool) -> tuple[Property, ...] | None:
    """The properties in the packet, those of the picture first; null where it is no XML that may be read."""
    root = _root_of(packet)
    return None if root is None else tuple(dict.fromkeys(_properties(root, is_own=is_own)))


def reserved_in_broken(packet: bytes) -> tuple[Name, ...]:
    """Which properties reserve, as far as bytes that are no XML tell: a broken packet reserves no less."""
    text = packet.replace(b"\0", b"").decode("utf-8", "replace")
    plain = html.unescape(text) if "&" in text else text
    found: list[Name] = ["data-mining"] if _PROHIBITED.search(plain) else []
    return (*found, "tdm-reservation") if _TDM_RESERVED.search(plain) else tuple(found)


def _root_of(packet: bytes) -> Element | None:
    if len(packet) > MAX_PACKET:
        return None
    root = _parsed(packet.strip(b"\0 \t\r\n"))
    if root is None:
        start, end = packet.find(b"<x:xmpmeta"), packet.rfind(b"</x:xmpmeta>")
        root = _parsed(packet[start : end + 12]) if 0 <= start < end else None
    return root


def _parsed(xml: bytes) -> Element | None:
    try:
        root: Element = ElementTree.fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _properties(root: Element, *, is_own: bool) -> Iterator[Property]:
    rdf = root if root.tag == f"{_RDF}RDF" else root.find(f"{_RDF}RDF")
    for description in rdf if rdf is not None else ():
        yield from _of_element(description, is_own=is_own)
        for child in description:
            yield from _of_element(child, is_own=is_own)
    for element in root.iter():
        yield from _of_element(element, is_own=False)


def _of_element(element: Element, *, is_own: bool) -> Iterator[Property]:
    for attribute, value in element.attrib.items():
        name = _name_of(attribute)
        if name:
            yield Property(name, value.strip(), is_own)
    name = _name_of(element.tag)
    if name:
        values = [value.strip() for value in _values(element)]
        for value in [value for value in values if value] or [""]:
            yield Property(name, value, is_own)


def _values(element: Element) -> Iterator[str]:
    """The element's own text, and that of containers and structures in it, two floors down and no further."""
    yield from _texts((element,))
    for child in element:
        yield from _texts((child, *child))


def _texts(elements: Iterable[Element]) -> Iterator[str]:
    for element in elements:
        yield element.text or ""
        yield element.get(f"{_RDF}resource", "")
        yield element.get(f"{_RDF}value", "")


@lru_cache(maxsize=4096)
def _name_of(tag: str) -> Name | None:
    """Reservations are known by their names whatever the namespace: one that is mistyped reserves as well."""
    if tag in _NAMES:
        return _NAMES[tag]
    space, _, local = tag.casefold().rpartition("}")
    if local == "datamining":
        return "foreign-data-mining"
    if local == "otherconstraints" and "useplus" in space:
        return "constraints"
    if "tdm" not in tag.casefold():
        return None
    if "reserv" in local:
        return "tdm-reservation"
    return "tdm-policy" if "policy" in local else None
