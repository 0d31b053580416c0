"""Names of licences as they stand in notices: those of the SPDX list, of `filters/rights/names.py`, and some more.

A name is a row of words; what version it has is read beside it (`filters/rights/texts/notices.py`). Licences of one
stem, as `AFL-1.1` to `AFL-3.0`, are editions of one licence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from filters.rights.names import FAMILIES, NAMES
from filters.rights.spdx import grant_of
from filters.rights.texts.index import load
from filters.rights.texts.shingles import words_of
from tamis.records import GRANTS

_EDITION = re.compile(
    r"(?P<stem>.+?)-(?P<version>\d+(?:\.\d+)*[a-z]?)(?:-(?P<kind>only|or-later|no-invariants-only|no-invariants-or-later"
    r"|invariants-only|invariants-or-later))?"
)
_VERSION_IN_NAME = re.compile(
    r",?\s+(?:version\s*|v\s*\.?\s*)?\d+(?:\.\d+)*[a-z]?(?:\s+only|\s+or\s+later)?(?=$|\s*-|\s+\()", re.IGNORECASE
)
_BRACKET = re.compile(r"\([^)]*\)|[\"“”]")

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "AFL": ("academic free license",),
    "AGPL": ("gnu affero general public license", "affero general public license", "affero gpl", "gnu affero gpl",
             "gnu agpl", "gnu affero public license", "affero gnu general public license"),
    "APSL": ("apple public source license",),
    "Apache": ("apache software license", "apache license", "apache public license", "apache licenses",
               "apache software foundation license"),
    "Artistic": ("artistic license", "perl artistic license", "artistic licence of perl", "perl artistic",
                 "clarified artistic license"),
    "BSD": ("bsd license", "bsd style", "bsd licenses", "berkeley license", "bsd licensed", "bsd type license",
            "berkeley software distribution license", "bsd like"),
    "BSD-2-Clause": ("2 clause bsd", "bsd 2 clause", "simplified bsd", "freebsd license", "two clause bsd",
                     "bsd two clause", "bsd 2 clause license", "2 clause license"),
    "BSD-3-Clause": ("3 clause bsd", "bsd 3 clause", "new bsd", "modified bsd", "revised bsd", "three clause bsd",
                     "bsd three clause", "new style bsd", "bsd 3 clause license", "3 clause license"),
    "BSD-4-Clause": ("4 clause bsd", "bsd 4 clause", "original bsd", "four clause bsd", "old bsd"),
    "BSL": ("boost software license", "boost license", "boost software licence"),
    "CDDL": ("common development and distribution license", "common development and distribution licence"),
    "CPL": ("common public license",),
    "EPL": ("eclipse public license",),
    "EDL": ("eclipse distribution license",),
    "EUPL": ("european union public license", "european union public licence"),
    "GFDL": ("gnu free documentation license", "free documentation license", "gnu fdl", "gfdl", "fdl"),
    "GPL": ("gnu general public license", "gnu public license", "general public license", "gnu gpl", "gpl",
            "gnu general public licence", "gnu general public licenses", "gnu copyleft", "gpled", "gnu license"),
    "IPL": ("ibm public license",),
    "ISC": ("isc license", "isc style license", "openbsd license", "internet software consortium license"),
    "LGPL": ("gnu lesser general public license", "gnu library general public license", "lesser gpl", "library gpl",
             "gnu lesser gpl", "gnu library gpl", "gnu lesser public license", "gnu library public license",
             "lesser general public license", "library general public license", "gnu lgpl", "lgpl",
             "gnu lesser general public licence", "lesser gnu public license", "lesser gnu general public license",
             "gnu library or lesser general public license", "gnu library lesser general public license",
             "gnu lesser library general public license", "lesser public license",
             "gnu library general public licence", "gnu lesser general license"),
    "LPPL": ("latex project public license", "lppl"),
    "MIT": ("mit license", "expat license", "mit style", "mit x11", "mit x", "x11 mit", "mit expat", "mit licence",
            "x mit", "mit licensed", "mit style license", "mit open source license", "x11 style license", "mit like"),
    "MPL": ("mozilla public license", "mozilla license"),
    "MS-PL": ("microsoft public license", "ms pl"),
    "MS-RL": ("microsoft reciprocal license", "ms rl"),
    "NPL": ("netscape public license",),
    "OFL": ("sil open font license", "open font license", "sil ofl"),
    "OSL": ("open software license",),
    "OpenSSL": ("openssl license", "open ssl license", "openssl licence", "ssleay license", "openssl toolkit license"),
    "PHP": ("php license",),
    "PSF": ("python software foundation license", "psf license", "python license", "psf license agreement"),
    "PostgreSQL": ("postgresql license", "postgres license"),
    "QPL": ("q public license", "qt public license"),
    "RPSL": ("realnetworks public source license",),
    "Ruby": ("ruby license", "ruby's license", "license of ruby"),
    "SISSL": ("sun industry standards source license",),
    "SPL": ("sun public license",),
    "SSPL": ("server side public license",),
    "Sleepycat": ("sleepycat license", "sleepycat software product license"),
    "Unlicense": ("unlicense",),
    "Vim": ("vim license",),
    "W3C": ("w3c software license", "w3c license", "w3c software notice and license", "w3c document license"),
    "WTFPL": ("do what the fuck you want to public license", "wtfpl", "do what the fuck you want to",
              "do wtf you want to public license"),
    "X11": ("x11 license", "x consortium license", "mit x consortium license", "x window system license"),
    "ZPL": ("zope public license",),
    "Zlib": ("zlib license", "zlib libpng", "zlib libpng license", "libpng zlib license", "zlib png license",
             "zlib style license"),
    "LicenseRef-tamis-responsible-ai": ("openrail", "responsible ai license", "open rail license", "rail license",
                                        "bigscience rail license", "creativeml open rail m"),
    "LicenseRef-tamis-model-terms": ("llama 2 community license", "llama 3 community license", "gemma terms of use",
                                     "llama community license", "llama 3.1 community license"),
}  # fmt: skip
"""By stem or expression."""

UNVERSIONED = {
    "AGPL": "LicenseRef-tamis-AGPL",
    "GPL": "GPL-1.0-or-later",
    "LGPL": "LGPL-2.0-or-later",
    "GFDL": "GFDL-1.1-or-later",
}
"""Any version may be taken where none is said (GPL-2.0, section 9)."""

EDITIONS_OF_OTHERS = {"EDL": {"1.0": ("BSD-3-Clause",)}}

_SHORT_IDS = re.compile(r"[A-Za-z0-9.]{1,12}")
_NOT_NAMES = frozenset((
    "gnu", "free", "commercial", "other", "custom", "unknown", "various", "unspecified", "cc", "pd", "public domain",
    "public-domain", "proprietary", "all rights reserved", "closed source", "python", "boost", "openai", "gemma",
    "freebsd", "apache", "bsd", "expat", "artistic", "research only", "academic use only",
    "academic research purposes only", "non commercial", "non-commercial", "noncommercial",
    "free for non-commercial use", "proprietary license", "other/proprietary license",
))  # fmt: skip
_PLAIN_NAMES = {"apache": "Apache", "bsd": "BSD", "expat": "MIT", "artistic": "Artistic", "boost": "BSL"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for. `fixed` is the version that is in the name; `bare` names need words about licences."""

    stem: str
    fixed: str = ""
    bare: bool = False


@dataclass(slots=True)
class Node:
    then: dict[str, Node] = field(default_factory=dict)
    named: Named | None = None


@cache
def editions() -> dict[str, dict[str, tuple[str, ...]]]:
    """Ids by stem and version; an id that has no version is its own stem."""
    found: dict[str, dict[str, tuple[str, ...]]] = {stem: dict(each) for stem, each in EDITIONS_OF_OTHERS.items()}
    for spdx_id in load().names:
        stem, version = stem_and_version(spdx_id)
        of_stem = found.setdefault(stem, {})
        of_stem[version] = (*of_stem.get(version, ()), spdx_id)
    return found


def stem_and_version(spdx_id: str) -> tuple[str, str]:
    edition = _EDITION.fullmatch(spdx_id)
    return (edition["stem"], edition["version"]) if edition else (spdx_id, "")


@cache
def tree() -> Node:
    """All names, word by word."""
    root = Node()
    for name, named in _all_names():
        _plant(root, words=words_of(name.casefold()).all(), named=named)
    return root


def _plant(root: Node, *, words: list[str], named: Named) -> None:
    node = root
    for word in words:
        node = node.then.setdefault(word, Node())
    if words and (node.named is None or node.named.bare):
        node.named = named


def _all_names() -> Iterator[tuple[str, Named]]:
    for stem, names in OTHER_NAMES.items():
        yield from ((name, Named(stem)) for name in names)
    for name, licence in NAMES.items():
        if licence and name not in _NOT_NAMES and "+" not in name and not licence.startswith("CC"):
            yield name, _of_licence(licence, bare=" " not in name and len(name) < 8)
    for spdx_id, (name, _) in load().names.items():
        if not spdx_id.startswith("CC"):
            yield from _of_list(spdx_id, name)
    yield from ((name, Named(stem, bare=True)) for name, stem in _PLAIN_NAMES.items())


def _of_licence(licence: str, *, bare: bool) -> Named:
    family = licence.removeprefix("LicenseRef-tamis-")
    if licence in FAMILIES:
        return Named(family if family in editions() or family in OTHER_NAMES else licence, bare=bare)
    stem, version = stem_and_version(licence)
    return Named(stem, fixed=version, bare=bare)


def _of_list(spdx_id: str, name: str) -> Iterator[tuple[str, Named]]:
    stem, version = stem_and_version(spdx_id)
    base = _VERSION_IN_NAME.sub("", _BRACKET.sub(" ", name)).strip(" ,-")
    whole = len(base.split()) > 1
    yield base, Named(stem, bare=not whole)
    yield base.removeprefix("The "), Named(stem, bare=not whole)
    yield _BRACKET.sub(" ", name), Named(stem, fixed=version, bare=not whole)
    yield spdx_id.replace("-", " "), Named(stem, fixed=version, bare="-" not in spdx_id)
    if _SHORT_IDS.fullmatch(stem) and len(stem) > 2:
        yield stem, Named(stem, bare=True)


def resolve(named: Named, *, version: str, later: bool, without_invariants: bool) -> str:
    """The expression of a name with the version that was said of it."""
    known = editions().get(named.stem)
    if known is None:
        return named.stem if named.stem.startswith("LicenseRef-") else _family(named.stem)
    ids = _edition(known, version or named.fixed)
    if ids is None:
        return _without_version(named.stem, known)
    suffix = "-or-later" if later else "-only"
    fitting = [spdx_id for spdx_id in ids if spdx_id.endswith(suffix)] or list(ids)
    invariants = [spdx_id for spdx_id in fitting if ("no-invariants" in spdx_id) == without_invariants]
    return min(invariants or fitting, key=len)


def _edition(known: dict[str, tuple[str, ...]], version: str) -> tuple[str, ...] | None:
    if "" in known and len(known) == 1:
        return known[""]
    if not version:
        return known.get("") or (next(iter(known.values())) if len(known) == 1 else None)
    plain = version.rstrip("0").rstrip(".")
    return next((ids for each, ids in known.items() if each.rstrip("0").rstrip(".") == plain), None)


def _family(stem: str) -> str:
    return f"LicenseRef-tamis-{stem}"


def _without_version(stem: str, known: dict[str, tuple[str, ...]]) -> str:
    """Some edition of it: the family, or the strictest of the editions, the first of those."""
    if stem in UNVERSIONED:
        return UNVERSIONED[stem]
    if _family(stem) in FAMILIES:
        return _family(stem)
    if "" in known:
        return known[""][0]
    return max(_firsts(known), key=lambda spdx_id: GRANTS.index(grant_of(spdx_id)))


def _firsts(known: dict[str, tuple[str, ...]]) -> Iterable[str]:
    return (min(known[version], key=len) for version in sorted(known))
