"""Reads what people write about licences, and says which class each licence is of.

An expression is parsed by `license-expression`; its bundled licence database (ScanCode LicenseDB, CC-BY-4.0) gives
each licence a category, which is mapped to a class of `tamis.records.GRANTS`. Creative Commons licences, whose parts
say more than that category, are classed by their id. Names that are no SPDX ids are looked up in
`filters/rights/names.py`.

Where words are ambiguous the stricter reading is taken, and where they say too little (`Creative Commons`, `other`) the
class is `unknown`. What was not understood is told from what says nothing at all, for only the latter may be ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import license_expression

from filters.rights.conditions import conditions_of, in_order
from filters.rights.creative_commons import read_address
from filters.rights.names import CLASSIFIERS, FAMILIES, NAMES, NO_LICENCE_NAMES, SAYING_NOTHING
from tamis.records import GRANTS

MAX_EXPRESSION = 500
"""Characters; longer texts are no expression."""

_GRANT_OF_CATEGORY = {
    "Public Domain": "public_domain",
    "Permissive": "permissive",
    "Copyleft": "copyleft",
    "Copyleft Limited": "copyleft",
    "Source-available": "restricted",
    "Free Restricted": "restricted",
    "Proprietary Free": "proprietary",
    "Commercial": "proprietary",
}
_GRANT_OF_PREFIX = (
    (re.compile(r"CC-BY-SA-"), "share_alike"),
    (re.compile(r"CC-BY-(?:.*-)?(?:NC|ND)\b|CC-(?:NC|ND|SA)\b"), "restricted"),
    (re.compile(r"CC-BY-|ODC-By-|OGL-UK-|etalab-|DL-DE-BY-"), "attribution"),
    (re.compile(r"ODbL-|CDLA-Sharing-"), "share_alike"),
    (re.compile(r"(?:.*-)?NLOD-"), "attribution"),
)
_GRANT_OF_KEY = {
    "ANTLR-PD-fallback": "public_domain",
    "Aladdin": "restricted",  # no distribution for money
    "JSON": "restricted",  # "for Good, not Evil"
    "LicenseRef-scancode-afpl-9.0": "restricted",
    "MS-LPL": "restricted",  # on Windows only
    "WTFPL": "permissive",
    "LicenseRef-scancode-public-domain": "public_domain",
}
# What license-expression raises on what is no expression: its `validate` says AttributeError of `MIT/Apache-2.0`.
_NO_EXPRESSION = (
    license_expression.ExpressionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


Unread = Literal["words", "nothing", "none"]
"""Of what names no class: `words` that were not understood, words that say `nothing`, or that there is `none`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a claim says.

    `expression` is all of it, in SPDX; null where it was not understood. `chosen` is the part relied on: of
    alternatives, the freest. `grant` and `conditions` are those of the chosen part. `unread` is null if and only if the
    class is known.
    """

    expression: str | None = None
    chosen: str | None = None
    grant: str = "unknown"
    conditions: tuple[str, ...] = ()
    unread: Unread | None = "words"


NOT_UNDERSTOOD = Reading()
SAYS_NOTHING = Reading(unread="nothing")
NO_LICENCE = Reading(unread="none")


def strictest(grants: list[str]) -> str:
    return max(grants, key=GRANTS.index)


def read_name(text: str) -> Reading:
    """Reads an SPDX expression, a name as people write them (`Apache 2.0`, `GPLv3+`), or a Creative Commons address."""
    if len(text) > MAX_EXPRESSION:
        return NOT_UNDERSTOOD
    words = _plain(text)
    if words in SAYING_NOTHING:
        return SAYS_NOTHING
    if words in NO_LICENCE_NAMES:
        return NO_LICENCE
    address = read_address(words)
    if address:
        return read_expression(address)
    if words in NAMES:
        name = NAMES[words]
        return NOT_UNDERSTOOD if name is None else read_expression(name)
    reading = read_expression(text.strip())
    return reading if reading.expression else _read_list(text)


def _read_list(text: str) -> Reading:
    """`MIT/Apache-2.0`, `BSD, MIT`: it is not said whether one may choose, so all of them hold."""
    parts = [part for part in re.split(r"[/,;&+]| and ", text, flags=re.IGNORECASE) if part.strip()]
    if not 2 <= len(parts) <= 8:
        return NOT_UNDERSTOOD
    names = [read_expression(NAMES.get(_plain(part), part.strip()) or "").expression for part in parts]
    return read_expression(" AND ".join(f"({name})" for name in names)) if all(names) else NOT_UNDERSTOOD


def read_classifier(text: str) -> Reading:
    """Reads a trove classifier, `License :: …`."""
    if text.strip() in SAYING_NOTHING:
        return SAYS_NOTHING
    name = CLASSIFIERS.get(text.strip())
    return NOT_UNDERSTOOD if name is None else read_expression(name)


def read_expression(text: str) -> Reading:
    """Reads an SPDX expression; every licence and exception in it must be known."""
    if not text or len(text) > MAX_EXPRESSION or text.count("(") > 20:
        return NOT_UNDERSTOOD
    return _parsed(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Reading:
    try:
        tree = _licensing().parse(text, validate=True)
        return NOT_UNDERSTOOD if tree is None or not _is_sound(tree) else _reading(tree.simplify())
    except (*_NO_EXPRESSION, RecursionError):
        return NOT_UNDERSTOOD


def _is_sound(tree: Any) -> bool:
    """Whether exceptions stand only where exceptions belong: the parser lets `MIT WITH MIT` pass."""
    return all(
        not symbol.license_symbol.is_exception and symbol.exception_symbol.is_exception
        if isinstance(symbol, license_expression.LicenseWithExceptionSymbol)
        else not symbol.is_exception
        for symbol in tree.symbols
    )


def _reading(tree: Any) -> Reading:
    chosen = _chosen(tree)
    keys = [symbol.key for symbol in _licensing().license_symbols(chosen, unique=True, decompose=True)]
    grant = _grant(chosen)
    return Reading(
        expression=tree.render("{symbol.key}"),
        chosen=chosen.render("{symbol.key}"),
        grant=grant,
        conditions=in_order(condition for key in keys for condition in conditions_of(key, grant_of(key))),
        unread="words" if grant == "unknown" else None,
    )


def _chosen(tree: Any) -> Any:
    """The tree with each OR cut down to its freest branches; of equally free ones the choice stays open."""
    if isinstance(tree, _licensing().AND):
        return _licensing().AND(*(_chosen(branch) for branch in tree.args)).simplify()
    if not isinstance(tree, _licensing().OR):
        return tree
    branches = [_chosen(branch) for branch in tree.args]
    freest = min((_grant(branch) for branch in branches), key=GRANTS.index)
    best = [branch for branch in branches if _grant(branch) == freest]
    return best[0] if len(best) == 1 else _licensing().OR(*best).simplify()


def _grant(tree: Any) -> str:
    if isinstance(tree, _licensing().AND):
        return strictest([_grant(branch) for branch in tree.args])
    if isinstance(tree, _licensing().OR):
        return min((_grant(branch) for branch in tree.args), key=GRANTS.index)
    if isinstance(tree, license_expression.LicenseWithExceptionSymbol):
        return _grant_with(tree.license_symbol.key, tree.exception_symbol.key)
    return grant_of(tree.key)


def _grant_with(licence: str, addition: str) -> str:
    """An exception on the SPDX list loosens, and the licence without it is the safe reading; others may restrict."""
    if not addition.startswith("LicenseRef-"):
        return grant_of(licence)
    category = _categories(exceptions=True).get(addition, "")
    return strictest([grant_of(licence), _GRANT_OF_CATEGORY.get(category, "unknown")])


def family_of(licence: str) -> str | None:
    """The reference of our own for some edition of a licence: `LicenseRef-tamis-Apache` of `Apache-2.0`."""
    family = f"LicenseRef-tamis-{re.split(r'-[0-9]', licence, maxsplit=1)[0]}"
    return family if family in FAMILIES else None


def is_covered(expression: str, licences: frozenset[str]) -> bool:
    """Whether all that an expression asks for is among the licences, by SPDX id; of alternatives, one of them.

    An exception on the SPDX list loosens, and needs no mention.
    """
    return is_met(expression, licences.__contains__)


def is_met(expression: str, meets: Callable[[str], bool]) -> bool:
    """Whether `meets` is true of every licence that an expression asks for; of alternatives, of one of them.

    An exception on the SPDX list loosens, so that its licence alone is asked about; with another one nothing is met.
    """
    tree = _tree(expression)
    return tree is not None and _is_met(tree, meets)


def licences_in(expression: str) -> tuple[str, ...]:
    """The SPDX ids of all licences and exceptions that an expression names; none where it is no expression."""
    tree = _tree(expression)
    if tree is None:
        return ()
    return tuple(sorted({symbol.key for symbol in _licensing().license_symbols(tree, unique=True, decompose=True)}))


@lru_cache(maxsize=4096)
def _tree(expression: str) -> Any:
    try:
        return _licensing().parse(expression, validate=True)
    except (*_NO_EXPRESSION, RecursionError):
        return None


def _is_met(tree: Any, meets: Callable[[str], bool]) -> bool:
    if isinstance(tree, _licensing().AND):
        return all(_is_met(branch, meets) for branch in tree.args)
    if isinstance(tree, _licensing().OR):
        return any(_is_met(branch, meets) for branch in tree.args)
    if isinstance(tree, license_expression.LicenseWithExceptionSymbol):
        loosens = not tree.exception_symbol.key.startswith("LicenseRef-")
        return loosens and meets(tree.license_symbol.key)
    return meets(tree.key)


def grant_of(key: str) -> str:
    """The class of one licence by its SPDX id; `unknown` if it is no licence that is known."""
    if key in FAMILIES:
        return FAMILIES[key]
    if key in _GRANT_OF_KEY:
        return _GRANT_OF_KEY[key]
    for pattern, grant in _GRANT_OF_PREFIX:
        if pattern.match(key):
            return grant
    return _GRANT_OF_CATEGORY.get(_categories().get(key, ""), "unknown")


@cache
def _index() -> list[dict[str, Any]]:
    index: list[dict[str, Any]] = license_expression.get_license_index()
    return index


@cache
def _categories(*, exceptions: bool = False) -> dict[str, str]:
    """ScanCode's category by SPDX id, of the licences or of the exceptions."""
    return {
        key: licence["category"]
        for licence in _index()
        for key in [licence.get("spdx_license_key"), *licence.get("other_spdx_license_keys", ())]
        if key and bool(licence.get("is_exception")) == exceptions
    }


@cache
def _licensing() -> Any:
    families = [
        {"license_key": key.lower(), "spdx_license_key": key, "is_exception": False, "is_deprecated": False}
        for key in FAMILIES
    ]
    return license_expression.build_spdx_licensing([*_index(), *families])


def _plain(text: str) -> str:
    """Lower case, one space between words, without quotes and without a closing full stop."""
    return " ".join(text.casefold().replace('"', "").replace("'", "").split()).strip(" .")
