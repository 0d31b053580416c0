"""Under which one licence a release could go out as a whole, given those of its items; and which of them exclude it.

A release is a collection whose items keep their licences, unless its recipe names a licence for the whole. One licence
carries another's material if the table of `releases/compatibility.py` says so, or if that material asks for no more
than a notice. Of alternatives in an expression one is enough. What is not understood is carried by nothing.

Known miss: permissive licences whose conditions reach further than a notice (advertising clauses) are told apart for
the GPL family alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from filters.rights.spdx import grant_of, is_met, licences_in
from releases.compatibility import GPL_COMPATIBLE, NOT_BEFORE_GPL_3, carriers, named

CANDIDATES = tuple(
    sorted({
        *named(),
        "CC0-1.0",
        "PDDL-1.0",
        "MIT",
        "BSD-3-Clause",
        "Apache-2.0",
        "CDLA-Permissive-2.0",
        "ODC-By-1.0",
    })
)  # fmt: skip
"""Licences that are looked at for a whole."""

_SHOWN = 20
"""Pairs that exclude each other, and licences that nothing carries, that are recorded; those of most items."""

_NAMED_IN_ERROR = 8

_GPL = ("GPL-", "LGPL-", "AGPL-")
_BEFORE_GPL_3 = ("GPL-1", "GPL-2", "LGPL-2")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two expressions that no licence carries together."""

    expressions: tuple[str, str]
    items: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outbound:
    """What can be said of a licence for the whole of a release."""

    licence: str | None
    """What the recipe says that the whole goes out under; null for a collection."""
    possible: tuple[str, ...]
    """Those of CANDIDATES that carry every item."""
    conflicts: tuple[Conflict, ...]
    carried_by_none: tuple[tuple[str, int], ...]
    """(expression, items) that none of CANDIDATES carries; an empty expression where no licence is known."""
    refused: tuple[tuple[str, int], ...]
    """(expression, items) that `licence` does not carry."""

    @property
    def facts(self) -> dict[str, Any]:
        """As a manifest has it."""
        return {
            "licence": self.licence,
            "possible": list(self.possible),
            "conflicts": [
                {"expressions": list(each.expressions), "items": list(each.items)} for each in self.conflicts
            ],
            "carried_by_none": [{"expression": name, "items": items} for name, items in self.carried_by_none],
        }

    def refusal(self, release: str) -> str | None:
        """Why the release cannot go out under `licence`, and what to do; null if it can."""
        if self.licence is None or not self.refused:
            return None
        refused = self.refused[:_NAMED_IN_ERROR]
        named = ", ".join(f"{name or 'no known licence'} ({_items(count)})" for name, count in refused)
        more = len(self.refused) - _NAMED_IN_ERROR
        instead = (
            f"{', '.join(self.possible[:_NAMED_IN_ERROR])} would carry all of them; or keep"
            if self.possible
            else "Keep"
        )
        return (
            f"{release}: as a whole it cannot go out under {self.licence}, which does not carry {named}"
            f"{f' and {more} more' if more > 0 else ''}. Not sealed, and the version can be used again. "
            f"{instead} these licences away in the policy (`licence.allow`, `licence.licences`), or leave "
            "`release.licence` out: then the release is a collection whose items keep their licences."
        )


def outbound_of(licences: Mapping[tuple[str, str], int], licence: str | None = None) -> Outbound:
    """What can carry all that a release holds.

    Args:
        licences: (expression, class) → items.
        licence: what the recipe wants for the whole.
    """
    items: dict[str, int] = {}
    for (expression, _), count in licences.items():
        items[expression] = items.get(expression, 0) + count
    ranked = sorted(items.items(), key=lambda pair: (-pair[1], pair[0]))
    carried = {expression: _carriers_among(expression) for expression, _ in ranked}
    groups: dict[frozenset[str], tuple[str, int]] = {}
    for expression, count in ranked:
        groups.setdefault(carried[expression], (expression, count))
    return Outbound(
        licence=licence,
        possible=tuple(each for each in CANDIDATES if all(each in those for those in carried.values())),
        conflicts=_conflicts(groups),
        carried_by_none=tuple((name, count) for name, count in ranked if not carried[name])[:_SHOWN],
        refused=tuple((name, count) for name, count in ranked if licence and not carries_all(licence, name)),
    )


def _conflicts(groups: Mapping[frozenset[str], tuple[str, int]]) -> tuple[Conflict, ...]:
    """One pair for all expressions that are carried alike: those of most items."""
    able = [(those, *said) for those, said in groups.items() if those]
    pairs = [
        Conflict((one, other), (count, others))
        for (these, one, count), (those, other, others) in combinations(able, 2)
        if not these & those
    ]
    pairs.sort(key=lambda pair: (-min(pair.items), pair.expressions))
    return tuple(pairs[:_SHOWN])


@lru_cache(maxsize=4096)
def _carriers_among(expression: str) -> frozenset[str]:
    return frozenset(each for each in CANDIDATES if carries_all(each, expression))


def carries_all(outbound: str, expression: str) -> bool:
    """Whether a licence carries all that an expression asks for; of alternatives, one."""
    return is_met(expression, lambda licence: carries(outbound, licence))


def carries(outbound: str, licence: str) -> bool:
    """Whether a whole that goes out under `outbound` may hold material of `licence`; both are SPDX ids."""
    if outbound in carriers(licence):
        return True
    of_whole = grant_of(outbound)
    if of_whole == "unknown":
        return False
    match grant_of(licence):
        case "public_domain":
            return True
        case "permissive":
            return of_whole != "public_domain" and _gpl_allows(outbound, licence)
    return False


def _gpl_allows(outbound: str, licence: str) -> bool:
    if not outbound.startswith(_GPL):
        return True
    return licence in GPL_COMPATIBLE and not (outbound.startswith(_BEFORE_GPL_3) and licence in NOT_BEFORE_GPL_3)


def problem_of_licence(licence: str) -> str | None:
    """What is wrong with a licence that a recipe names for the whole; null if nothing is."""
    found = licences_in(licence)
    if len(found) != 1 or grant_of(found[0]) == "unknown":
        return f"{licence!r} is not the SPDX id of one licence that Tamis knows."
    return None if found == (licence,) else f"{licence!r} is written {found[0]!r} today."


def _items(count: int) -> str:
    return f"{count:,} {'item' if count == 1 else 'items'}"
