"""What a licence asks for beside its class: attribution, share-alike, no commerce, no derivatives, fields of use.

How: by the licence's id where the id says it, as Creative Commons' do; by the class where the class implies it; by a
list for the rest. A restricted licence of which no condition is known has `field_of_use`: it forbids something.

Known miss: of the 200 restricted licences in the database most have that catch-all only; whoever lets restricted
licences pass for one condition should list the licences instead (`licence.licences` in the policy).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tamis.records import CONDITIONS

_BY_ID = (
    (re.compile(r"-NC\b|-NC-|(?i:non-?commercial|-nc-v|-nc-1-0)"), "non_commercial"),
    (re.compile(r"-ND\b"), "no_derivatives"),
    (re.compile(r"^(?:LicenseRef-tamis-)?CC-BY-(?:NC-)?SA\b"), "share_alike"),
    (re.compile(r"(?i:academic-only|research-academic|academic-individuals)"), "academic_only"),
    (re.compile(r"(?i:no-ai$|openai-tou)"), "no_machine_learning"),
    (re.compile(r"(?i:rail\b|responsible-ai|model-terms|llama|gemma|hippocratic|anti-capitalist)"), "field_of_use"),
)
_BY_LIST = {
    "Aladdin": ("non_commercial",),
    "JSON": ("field_of_use",),
    "MS-LPL": ("field_of_use",),
    "LicenseRef-scancode-afpl-9.0": ("non_commercial",),
    "LicenseRef-scancode-prosperity-2.0": ("non_commercial",),
    "LicenseRef-scancode-prosperity-3.0": ("non_commercial",),
    "LicenseRef-tamis-academic-only": ("academic_only", "non_commercial"),
    "NCGL-UK-2.0": ("non_commercial",),
    "BSD-3-Clause-No-Military-License": ("field_of_use",),
    "LicenseRef-scancode-commons-clause": ("non_commercial",),
}
_BY_CLASS = {
    "permissive": ("attribution",),
    "attribution": ("attribution",),
    "share_alike": ("attribution", "share_alike"),
    "copyleft": ("attribution", "share_alike"),
    "restricted": ("attribution",),
}
_NOTHING_ASKED = frozenset(("0BSD", "MIT-0", "WTFPL"))
"""Permissive, and not even a notice is to be kept."""

_SAYS_WHAT = frozenset(CONDITIONS) - {"attribution", "share_alike"}


def conditions_of(licence: str, grant: str) -> frozenset[str]:
    """Those of CONDITIONS that one licence has, by its SPDX id and its class of GRANTS."""
    found = {condition for pattern, condition in _BY_ID if pattern.search(licence)}
    found.update(_BY_LIST.get(licence, ()))
    if licence not in _NOTHING_ASKED:
        found.update(_BY_CLASS.get(grant, ()))
    if grant == "restricted" and not found & _SAYS_WHAT:
        found.add("field_of_use")
    return frozenset(found)


def in_order(conditions: Iterable[str]) -> tuple[str, ...]:
    """Without repetition, in the order of CONDITIONS."""
    given = set(conditions)
    return tuple(condition for condition in CONDITIONS if condition in given)
