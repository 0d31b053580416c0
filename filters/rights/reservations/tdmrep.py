"""Reads the W3C TDM Reservation Protocol: `/.well-known/tdmrep.json`, and what its header and meta element say.

By the report (Final Community Group Report, 10 May 2024) "the most specific match is the first in sequence"; the same
report refers to Google's reading of robots.txt, where it is the longest. Here a location is reserved if either says so.
By the report a header supersedes the file and a page's meta element both. Here each makes its statement, and where they
contradict one another the consumer takes the strictest: who configured a server badly has not given rights away.

Values other than 0 and 1, which by the report leave the reservation unset, are unclear, and so is what is no JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from filters.rights.reservations.groups import MAX_BODY, plain
from filters.rights.reservations.statement import Statement, strictest
from filters.rights.reservations.url_paths import Pattern, path_of, pattern_of

_LETTERS = str.maketrans("", "", "-_ .:")


def says(value: object) -> str:
    """What a value of `tdm-reservation` says, as JSON or as text: one of RESERVATIONS."""
    if isinstance(value, str):
        value = value.strip(" \t\r\n\"'")
    if value in ("1", 1):  # True as well: it cannot mean anything else
        return "reserved"
    return "allowed" if value == "0" or (value == 0 and not isinstance(value, bool)) else "unclear"


def says_of_header(values: list[str]) -> str:
    """What the values of one response's `tdm-reservation` say together."""
    each = {says(part) for value in values for part in value.split(",")}
    return next(iter(each)) if len(each) == 1 else "reserved" if "reserved" in each else "unclear"


def read_tdmrep(body: str, url: str, *, complete: bool = True) -> tuple[Statement, ...]:
    """What a tdmrep.json says of an address; what was cut, or is no JSON, is unclear."""
    rules = _rules(body[: MAX_BODY + 1])
    says = "unclear" if rules is None else _says(rules, path_of(url))
    if not complete or len(body) > MAX_BODY:
        says = strictest((says, "unclear"))
    return (Statement("tdmrep", says, "host", "tdmrep.json"),)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Pattern | None
    """Null where the location cannot be read."""
    says: str


@lru_cache(maxsize=32)
def _rules(body: str) -> tuple[_Rule, ...] | None:
    text = plain(body).strip()
    if not text:
        return ()
    try:
        stored = json.loads(text, object_pairs_hook=_Members)
    except (ValueError, RecursionError):
        return None
    if isinstance(stored, _Members):
        stored = [stored]  # a single rule without its brackets
    return tuple(_rule(item) for item in stored) if isinstance(stored, list) else None


class _Members(tuple[tuple[str, object], ...]):
    """The members of a JSON object, repeated ones too."""

    __slots__ = ()

    def named(self, name: str) -> list[object]:
        return [value for key, value in self if key.lower().translate(_LETTERS) == name]


def _rule(item: object) -> _Rule:
    if not isinstance(item, _Members):
        return _Rule(None, "unclear")
    locations = item.named("location")
    location = locations[0] if len(locations) == 1 and isinstance(locations[0], str) else None
    reservations = item.named("tdmreservation")
    said = strictest(says(value) for value in reservations) if reservations else "unclear"
    return _Rule(pattern_of(location, forgiving=True) if location else None, said)


def _says(rules: tuple[_Rule, ...], path: str | None) -> str:
    found = [rule for rule in rules if rule.pattern and rule.pattern.matches(path or "/")]
    lost = ["unclear" for rule in rules if rule.pattern is None and rule.says != "allowed"]
    if path is None:
        lost += ["unclear" for rule in rules if rule.says != "allowed"]
    first = [found[0].says] if found else []
    length = max((len(_octets(rule)) for rule in found), default=0)
    longest = [rule.says for rule in found if len(_octets(rule)) == length]
    either = "reserved" if "reserved" in longest else strictest(first)
    return strictest((either, *lost)) if lost else either


def _octets(rule: _Rule) -> str:
    return rule.pattern.octets if rule.pattern else ""
