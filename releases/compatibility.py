"""Under which other licences the material of one licence may go out: share-alike and copyleft, step by step.

A step says that what is made of material under the first licence may go out under the second, by the words of the first
licence, or because its steward has declared so. Steps chain: whoever gets it under the second may take the next one.
Where the sources leave doubt, there is no step.

Left out on purpose: GPL-3.0 to AGPL-3.0 (section 13 lets the two be combined, and each part keeps its licence); GFDL to
CC BY-SA (open to some wikis until August 2009); licences without a version, of which nobody knows what they allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_CREATIVE_COMMONS = re.compile(r"CC-(BY|BY-NC|BY-SA|BY-NC-SA)-([0-9]\.[0-9])(?:-[A-Z]{2,3})?")

_ADDS: Mapping[str, tuple[str, ...]] = {
    "BY": ("BY", "BY-NC", "BY-SA", "BY-NC-SA"),
    "BY-NC": ("BY-NC", "BY-NC-SA"),
    "BY-SA": ("BY-SA",),
    "BY-NC-SA": ("BY-NC-SA",),
}
"""Elements of a Creative Commons licence → those that what is made of it may have: no condition may be lost, and where
the same terms are asked for none may be added. Source: Creative Commons, FAQ, chart of adapters' licences."""

_STEPS: Mapping[str, tuple[str, ...]] = {
    # CC BY 4.0 and all versions of the GPL: FSF, list of licences, "Creative Commons Attribution 4.0".
    "CC-BY-4.0": ("GPL-2.0-or-later",),
    # Creative Commons, compatible licences: Free Art License 1.3 both ways, GPL 3 one way, for BY-SA 4.0 alone.
    "CC-BY-SA-4.0": ("GPL-3.0-only", "LAL-1.3"),
    "LAL-1.3": ("CC-BY-SA-4.0",),
    # Open Government Licence 3.0: "interoperable with" CC BY 4.0 and ODC-By.
    "OGL-UK-3.0": ("CC-BY-4.0", "ODC-By-1.0"),
    # Licence Ouverte 2.0, last section: OGL, CC BY and ODC-By are named as compatible.
    "etalab-2.0": ("CC-BY-4.0", "OGL-UK-3.0", "ODC-By-1.0"),
    # Open Data Commons: ODC-By asks for the notice alone, which ODbL (4.2) keeps.
    "ODC-By-1.0": ("ODbL-1.0",),
    # "or any later version": GPL, on new versions; `only` has no such words, so 2.0-only and 3.0-only never meet.
    "GPL-1.0-or-later": ("GPL-1.0-only", "GPL-2.0-or-later"),
    "GPL-2.0-or-later": ("GPL-2.0-only", "GPL-3.0-or-later"),
    "GPL-3.0-or-later": ("GPL-3.0-only",),
    "AGPL-3.0-or-later": ("AGPL-3.0-only",),
    # LGPL 2.0 and 2.1, section 3: the GPL, version 2 or a newer one, instead.
    "LGPL-2.0-only": ("GPL-2.0-or-later",),
    "LGPL-2.0-or-later": ("LGPL-2.0-only", "LGPL-2.1-or-later"),
    "LGPL-2.1-only": ("GPL-2.0-or-later",),
    "LGPL-2.1-or-later": ("LGPL-2.1-only", "LGPL-3.0-or-later"),
    # LGPL 3 is the GPL 3 with permissions on top, which may be left out (GPL 3, section 7).
    "LGPL-3.0-only": ("GPL-3.0-only",),
    "LGPL-3.0-or-later": ("LGPL-3.0-only", "GPL-3.0-or-later"),
    # MPL 2.0, 1.12 and 3.3: GPL 2.0, LGPL 2.1, AGPL 3.0 "or any later versions". Of 1.1, 1.5 (b) takes that away.
    "MPL-2.0": ("GPL-2.0-or-later", "LGPL-2.1-or-later", "AGPL-3.0-or-later"),
    "MPL-1.0": ("MPL-1.1",),
    "MPL-1.1": ("MPL-2.0-no-copyleft-exception",),
    # EUPL, article 5 with the appendix, where works under both are in the whole; article 13 on new versions.
    "EUPL-1.0": ("EUPL-1.1",),
    "EUPL-1.1": ("EUPL-1.2", "GPL-2.0-only", "OSL-2.1", "OSL-3.0", "CPL-1.0", "EPL-1.0", "CECILL-2.0"),
    "EUPL-1.2": (
        "EUPL-1.1",
        "GPL-2.0-only",
        "GPL-3.0-only",
        "AGPL-3.0-only",
        "LGPL-2.1-only",
        "LGPL-3.0-only",
        "MPL-2.0",
        "OSL-2.1",
        "OSL-3.0",
        "EPL-1.0",
        "CECILL-2.0",
        "CECILL-2.1",
        "CC-BY-SA-3.0",
        "LiLiQ-R-1.1",
        "LiLiQ-Rplus-1.1",
    ),
    # CeCILL 2.0, 5.3.4: the GPL; 12.3: later versions. CeCILL 2.1, 5.3.4: the GPL, the AGPL and the EUPL.
    "CECILL-2.0": ("CECILL-2.1", "GPL-2.0-or-later"),
    "CECILL-2.1": ("GPL-2.0-or-later", "AGPL-3.0-or-later", "EUPL-1.2"),
    # EPL, section 7: later versions. CPL 1.0 has the same words, and its steward named the EPL as its next version.
    "CPL-1.0": ("EPL-1.0",),
    "EPL-1.0": ("EPL-2.0",),
    # Artistic License 2.0, 4 (c) (ii): FSF, list of licences.
    "Artistic-2.0": ("GPL-2.0-or-later",),
    # GFDL, section 10: "or any later version".
    "GFDL-1.1-or-later": ("GFDL-1.1-only", "GFDL-1.2-or-later"),
    "GFDL-1.2-or-later": ("GFDL-1.2-only", "GFDL-1.3-or-later"),
    "GFDL-1.3-or-later": ("GFDL-1.3-only",),
}

ALONE = ("ODbL-1.0", "CDLA-Sharing-1.0", "OSL-2.1", "OSL-3.0", "EPL-2.0", "CDDL-1.0", "CDDL-1.1", "CC-BY-SA-1.0")
"""Share-alike and copyleft licences that name no other: of their material nothing else can be made."""

BOTH_WAYS = (("CC-BY-SA-4.0", "LAL-1.3"), ("EUPL-1.1", "EUPL-1.2"), ("EUPL-1.2", "CECILL-2.1"))
"""Pairs of which each may go out under the other."""

GPL_COMPATIBLE = frozenset((
    "0BSD", "Apache-2.0", "BSD-1-Clause", "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-3-Clause", "BSD-3-Clause-Clear",
    "BSL-1.0", "CC-BY-4.0", "FTL", "HPND", "ICU", "ISC", "MIT", "MIT-0", "MIT-CMU", "NCSA", "PSF-2.0", "PostgreSQL",
    "Python-2.0", "UPL-1.0", "Unicode-3.0", "Unicode-DFS-2016", "W3C", "WTFPL", "X11", "ZPL-2.1",
    "Zlib", "curl", "libpng-2.0",
))  # fmt: skip
"""Permissive licences that the FSF lists as compatible with the GPL; of others it is not known."""

NOT_BEFORE_GPL_3 = frozenset(("Apache-2.0", "FTL"))
"""Compatible with version 3 alone (FSF, list of licences)."""


@cache
def carriers(licence: str) -> frozenset[str]:
    """All licences under which material of this one may go out, by any number of steps; itself among them."""
    reached = {licence}
    ahead = [licence]
    while ahead:
        found = set(_next(ahead.pop())) - reached
        reached |= found
        ahead += found
    return frozenset(reached)


def named() -> tuple[str, ...]:
    """Every licence that the table speaks of, by name."""
    creative = (f"CC-{elements}-{version}" for elements in _ADDS for version in _VERSIONS)
    steps = (each for licence, targets in _STEPS.items() for each in (licence, *targets))
    return tuple(sorted({*creative, *steps, *ALONE}))


def _next(licence: str) -> Iterator[str]:
    yield from _STEPS.get(licence, ())
    match = _CREATIVE_COMMONS.fullmatch(licence)
    if match:
        yield from _later(*match.groups())


def _later(elements: str, version: str) -> Iterable[str]:
    """Creative Commons of the same or a later version; a share-alike licence of 1.0 knows itself alone (1.0, 4 b)."""
    if "SA" in elements and version == "1.0":
        return ()
    return (f"CC-{adds}-{later}" for adds in _ADDS[elements] for later in _VERSIONS if later >= version)
