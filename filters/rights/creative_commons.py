"""Reads what says a Creative Commons licence: its addresses, and its names in running text.

An address says exactly which licence it is; a name may leave out the version or the country, and then stands for a
family of `filters/rights/names.py`, whose class is known. `cc` alone, `Creative Commons` without the elements and `some
rights reserved` say too little. Where a port is not on the SPDX list, or a version was never published, the family
stands for it. The elements are read in English and in the languages of six other ports.

What stands beside an address or a name is not read here: that a page links a licence does not say of what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
"""Those of the licences of all elements without a port; 2.1 came out for some countries only."""

_PORTS = {
    "BY": ("2.5-AU", "3.0-AT", "3.0-AU", "3.0-DE", "3.0-IGO", "3.0-NL", "3.0-US"),
    "BY-NC": ("3.0-DE",),
    "BY-NC-ND": ("3.0-DE", "3.0-IGO"),
    "BY-NC-SA": ("2.0-DE", "2.0-FR", "2.0-UK", "3.0-DE", "3.0-IGO"),
    "BY-ND": ("3.0-DE",),
    "BY-SA": ("2.0-UK", "2.1-JP", "3.0-AT", "3.0-DE", "3.0-IGO"),
}
"""The ports on the SPDX list."""

_RETIRED = {
    ("sa", "1.0"): "CC-SA-1.0",
    ("nc", "1.0"): "LicenseRef-scancode-cc-nc-1.0",
    ("nd", "1.0"): "LicenseRef-scancode-cc-nd-1.0",
    ("sampling", "1.0"): "LicenseRef-scancode-cc-sampling-1.0",
    ("sampling+", "1.0"): "LicenseRef-scancode-cc-sampling-plus-1.0",
    ("nc-sampling+", "1.0"): "LicenseRef-scancode-cc-nc-sampling-plus-1.0",
    ("devnations", "2.0"): "LicenseRef-scancode-cc-devnations-2.0",
    ("gpl", "2.0"): "GPL-2.0-or-later",
    ("lgpl", "2.1"): "LGPL-2.1-or-later",
    ("mit", ""): "MIT",
    ("publicdomain", ""): "CC-PDDC",
}
"""Licences of other elements that Creative Commons has an address for; it took most of them back."""

_RETIRED_FAMILIES = {
    "sa": "LicenseRef-tamis-CC-BY-SA",
    "nc": "LicenseRef-tamis-CC-BY-NC",
    "nd": "LicenseRef-tamis-CC-BY-ND",
    "nc-sa": "LicenseRef-tamis-CC-BY-NC-SA",
    "nc-nd": "LicenseRef-tamis-CC-BY-NC-ND",
    "nd-nc": "LicenseRef-tamis-CC-BY-NC-ND",
}
_MARKS = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0", "certification": "CC-PDDC"}

_HOST = r"(?:(?:www|mirrors|i|de|fr|es|jp)\.)?creativecommons\.org"
_ADDRESS = re.compile(
    rf"""(?:https?:)?(?://)?
    (?: {_HOST}(?::(?:80|443))?/+ (?:licenses|licences|l) | licensebuttons\.net/+l )/+
        (?P<elements>[a-z]{{1,12}}(?:-[a-z]{{2,8}}){{0,3}}\+?)
        (?:/+ (?P<version>\d{{1,2}}(?:\.\d{{1,2}})?) (?![\d.]*\d)
           (?:/+ (?P<port>[a-z]{{2,3}}|scotland) (?![\w.-]) )? )?
        (?P<tail> (?:/[\w.+-]{{0,40}}){{0,3}} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PUBLIC = re.compile(
    rf"""(?:https?:)?(?://)?
    (?: {_HOST}(?::(?:80|443))?/+ (?:publicdomain|p) | licensebuttons\.net/+p )/+
        (?P<mark>zero|mark|certification) (?P<version>/+1\.0)? (?:/+us(?![\w.-]))?
        (?P<tail> (?:/[\w.+-]{{0,40}}){{0,3}} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TAIL = re.compile(
    r"/*(?:(?:deed|legalcode|rdf)(?:[.-][a-z_-]{1,20})?(?:\.(?:html|txt))?|[\w-]{1,20}\.(?:png|svg|gif|jpg))?/*",
    re.IGNORECASE,
)
_REST_OF_ADDRESS = re.compile(r"(?:[?#]\S*)?")

_ATTRIBUTION = (
    "attribution|namensnennung|atribuci[oó]n|reconocimiento|reconeixement|attribuzione|atribui[cç][aã]o"
    "|naamsvermelding|paternit[eé]"
)
_NC = (
    r"nc|non[ -]?commercial(?:[ -]use)?|no[ -]?comercial|n[aã]o[ -]?comercial|non[ -]commerciale?|nicht[ -]?kommerziell"
    r"|keine[ -]kommerzielle[ -]nutzung|pas[ -]d['’]?[ -]?utilisation[ -]commerciale|niet[ -]?commercieel"
    r"|uso[ -]non[ -]commerciale|senseobracomercial|nocomercial"
)
_ND = (
    r"nd|no[ -]?deriv(?:ative|s|ation|atives)?(?:[ -]works?)?|keine[ -]bearbeitung(?:en)?|sin[ -]?obras?[ -]?derivadas?"
    r"|sin[ -]?derivadas|pas[ -]de[ -]modification|non[ -]opere[ -]derivate|sem[ -]?deriva[cç][oõ]es"
    r"|geen[ -]?afgeleide[ -]?werken"
)
_SA = (
    r"sa|share[ -]?a?like|weitergabe[ -]unter[ -]gleichen[ -]bedingungen|compartir[ -]?igual|compartirigual"
    r"|partage[ -](?:dans[ -]les[ -]m[eê]mes[ -]conditions|[aà][ -]l['’]identique|des[ -]conditions[ -]initiales)"
    r"|condividi[ -]allo[ -]stesso[ -]modo|compartilha(?:[ -]?igual|mento[ -]pela[ -]mesma[ -]licen[cç]a)"
    r"|gelijk[ -]?delen"
)
_GAP = r"[\s\-‐–—/,_()\[\]:.+&]{0,6}"
_NEXT = re.compile(
    rf"{_GAP}(?:(?:the|and|et|und|e|y|license|licence|licen[cs]ed?[ ]under|public)(?=\W){_GAP}){{0,2}}"
    rf"(?:(?P<by>by|{_ATTRIBUTION})|(?P<nc>{_NC})|(?P<nd>{_ND})|(?P<sa>{_SA}))(?![^\W\d_])",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<![\w@.])(?:(?P<zero>cc[ -]?(?:0|zero)(?![\d.]*[1-9]|\w)|creative[\s-]commons[\s-](?:cc[ -]?)?(?:0|zero))"
    r"|(?P<mark>(?:creative[\s-]commons[\s-]|cc[\s-])?public[\s-]domain[\s-]mark)"
    r"|(?P<full>creative[\s-]+commons)|(?P<short>cc(?=[\s\-–_/(]{1,3}[(]?(?:by|nc|sa|nd|attribution)(?![^\W\d_]))))",
    re.IGNORECASE,
)
_UNNAMED = re.compile(
    rf"(?<!\w)(?:{_ATTRIBUTION})[ \-–—:,/]{{1,4}}(?:{_NC}|{_ND}|{_SA}|[1-4]\.\d)(?![^\W\d_])", re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"(?:datenlizenz\s{1,3}deutschland|dl-de|open\s{1,3}data\s{1,3}commons|odc)[\s\-–—,:/]{0,5}\Z", re.IGNORECASE
)
"""What names the attribution licences of others: of German authorities, of Open Data Commons."""
_LONGEST_PREFIX = 40

_VERSION = re.compile(
    rf"{_GAP}(?:(?:license|licence|public|licenses|international|unported|generic)(?=\W){_GAP}){{0,3}}"
    r"(?:version|versi[oó]n|ver\.?|v\.?|-)?\s{0,2}(?P<number>[1-4](?:\.\d)?)(?![\d.]*\d|\w)",
    re.IGNORECASE,
)
_COUNTRY = re.compile(
    r"[\s\-–(,]{0,4}(?:(?P<IGO>igo|intergovernmental)|(?P<DE>de(?!\w)|germany|deutschland)|(?P<AT>austria"
    r"|[oö]sterreich|(?-i:AT)(?!\w))"
    r"|(?P<AU>australia|(?-i:AU)(?!\w))|(?P<US>us(?!\w)|united states|u\.s\.)"
    r"|(?P<NL>netherlands|nederland|(?-i:NL)(?!\w))|(?P<FR>france|(?-i:FR)(?!\w))"
    r"|(?P<UK>uk(?!\w)|united kingdom|england)|(?P<JP>japan|(?-i:JP)(?!\w))"
    r"|(?P<other>(?-i:ES|IT|CA|BR|PT|PL|NZ|CH|BE|DK|FI|GR|HU|IE|ZA|MX|CL|AR)(?!\w)"
    r"|spain|espa[nñ]a|italy|italia|canada|brazil|brasil|portugal"
    r"|poland|polska|new zealand|switzerland"
    r"|schweiz"
    r"|belgium|denmark|sweden|norway|finland|greece|hungary|ireland|scotland|south africa|mexico|chile|argentina"
    r"|colombia|peru|india|china|taiwan|hong kong|korea|singapore|thailand|vietnam|israel|estonia|croatia|serbia"
    r"|slovenia|romania|bulgaria|czech|luxembourg|malta|ecuador|costa rica|puerto rico|philippines|egypt"
    r"|uganda))(?!\w)",
    re.IGNORECASE,
)
_RESERVED = re.compile(r"\bsome\s+rights\s+reserved\b", re.IGNORECASE)
_LONGEST_ADDRESS = 400
_LONGEST_NAME_ELEMENTS = 5


@dataclass(frozen=True, slots=True)
class Mention:
    """What in a text says a Creative Commons licence, from `start` to before `end`, in characters.

    `expression` is SPDX; null where it says too little: `Creative Commons` alone, `some rights reserved`.
    """

    start: int
    end: int
    kind: Literal["address", "name"]
    expression: str | None


def read_address(address: str) -> str | None:
    """The SPDX expression of an address of Creative Commons; null if it is none, or none of a licence.

    A scheme may be missing (`//creativecommons.org/…`), a button's picture says what the button says, and a query or
    a fragment is passed over.
    """
    said = address.strip()
    if len(said) > _LONGEST_ADDRESS:
        return None
    for pattern in (_ADDRESS, _PUBLIC):
        found = pattern.match(said)
        if found and _REST_OF_ADDRESS.fullmatch(said, found.end()):
            return _of_address(found)
    return None


def read_words(text: str) -> tuple[Mention, ...]:
    """All addresses and names in a text, by place, none within another."""
    lower = text.lower()
    readers = [reader for reader, signs in _READERS if any(sign in lower for sign in signs)]
    found = sorted((each for reader in readers for each in reader(text)), key=lambda each: (each.start, -each.end))
    return tuple(_apart(found))


def _apart(found: list[Mention]) -> Iterator[Mention]:
    end = 0
    for mention in found:
        if mention.start >= end:
            end = mention.end
            yield mention


def _of_address(found: re.Match[str]) -> str | None:
    if not _TAIL.fullmatch(found["tail"]):
        return None
    said = found.groupdict()
    if said.get("mark"):
        return _MARKS[said["mark"].lower()]
    return _of_elements(found["elements"].lower(), version=found["version"] or "", port=(found["port"] or "").upper())


def _of_elements(elements: str, *, version: str, port: str) -> str | None:
    retired = _RETIRED.get((elements, version)) if not port else None
    parts = elements.split("-")
    if retired or parts[0] != "by":
        return retired or _RETIRED_FAMILIES.get(elements)
    return _named(frozenset(parts), version=version, port=port) if len(set(parts)) == len(parts) else None


def _named(parts: frozenset[str], *, version: str, port: str) -> str | None:
    """The licence of these elements; its family if SPDX has no id for the version and port."""
    if not parts <= {"by", "nc", "nd", "sa"} or {"nd", "sa"} <= parts:
        return None
    kind = "-".join(part.upper() for part in ("by", "nc", "nd", "sa") if part in parts or part == "by")
    edition = f"{version}-{port}" if port else version
    exists = edition in _PORTS.get(kind, ()) if port else version in _VERSIONS
    return f"CC-{kind}-{edition}" if exists else f"LicenseRef-tamis-CC-{kind}"


def _addresses(text: str) -> Iterator[Mention]:
    for start in re.finditer(
        r"(?i)(?<![\w.@-])(?:https?://)?(?:[a-z]{1,7}\.)?(?:creativecommons\.org|licensebuttons\.net)/", text
    ):
        for pattern in (_ADDRESS, _PUBLIC):
            found = pattern.match(text, start.start())
            if found:
                yield Mention(found.start(), found.end(), "address", _of_address_in_text(found))


def _of_address_in_text(found: re.Match[str]) -> str | None:
    """A full stop or bracket of the sentence may follow it."""
    tail = found["tail"].rstrip(".-+")
    return _of_address(found) if tail == found["tail"] else read_address(found.group().rstrip(".-+"))


def _reserved(text: str) -> Iterator[Mention]:
    return (Mention(found.start(), found.end(), "name", None) for found in _RESERVED.finditer(text))


def _names(text: str) -> Iterator[Mention]:
    for found in _NAME.finditer(text):
        if found["zero"] or found["mark"]:
            yield Mention(found.start(), found.end(), "name", "CC0-1.0" if found["zero"] else "CC-PDM-1.0")
        else:
            yield _name_at(text, found.start(), elements_from=found.end())


def _unnamed(text: str) -> Iterator[Mention]:
    for found in _UNNAMED.finditer(text):
        if not _OF_OTHERS.search(text, max(0, found.start() - _LONGEST_PREFIX), found.start()):
            yield _name_at(text, found.start(), elements_from=found.start())


def _name_at(text: str, start: int, *, elements_from: int) -> Mention:
    parts, end = _elements(text, elements_from)
    number = _VERSION.match(text, end) if parts else None
    country = _COUNTRY.match(text, number.end()) if number else _COUNTRY.match(text, end) if parts else None
    version = (number["number"] if "." in number["number"] else f"{number['number']}.0") if number else ""
    port = (country.lastgroup or "").replace("other", "?") if country else ""
    stop = max(end, number.end() if number else 0, country.end() if country else 0)
    return Mention(start, stop, "name", _of_name(parts, version=version, port=port))


def _of_name(parts: frozenset[str], *, version: str, port: str) -> str | None:
    if not parts:
        return None
    if "by" not in parts and not port and len(parts) == 1:
        return _RETIRED.get((next(iter(parts)), version)) or _named(parts, version="", port="")
    return _named(parts, version=version, port=port)


def _elements(text: str, start: int) -> tuple[frozenset[str], int]:
    parts: set[str] = set()
    end = start
    for _ in range(_LONGEST_NAME_ELEMENTS):
        found = _NEXT.match(text, end)
        if not found or found.lastgroup in parts:
            break
        parts.add(found.lastgroup or "")
        end = found.end()
    return frozenset(parts), end


_READERS = (
    (_addresses, ("creativecommons.org/", "licensebuttons.net/")),
    (_names, ("creative", "cc ", "cc-", "cc–", "cc_", "cc/", "cc(", "cc0", "cc\n", "cczero", "domain mark",
              "domain-mark",
              "domain\nmark", "cc\t")),
    (_unnamed, ("attribu", "namensnennung", "atribu", "reconoc", "reconei", "naamsver", "paternit")),
    (_reserved, ("reserved",)),
)  # fmt: skip
"""Who reads what, and what stands in every text that there is something to read in."""
