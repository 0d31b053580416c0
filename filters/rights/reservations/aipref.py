"""Reads the preferences of AIPREF (`Content-Usage`) about training models.

The format is a dictionary of RFC 9651; which labels speak of training, and of which drafts, says
`filters/data/aipref.toml`. By the draft a value that is neither `y` nor `n`, and what does not parse, is "unknown".
Here it is `unclear`: somebody meant to say something. Labels of earlier drafts are `unclear` where they forbid, and say
nothing where they allow.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources

from filters.rights.reservations.statement import strictest

DATA = "aipref.toml"

MAX_VALUE = 8192
"""Characters; longer preferences are not understood."""

# RFC 9651, section 4.2; possessive repeats, so that no input is read twice.
_KEY = r"[a-z*][a-z0-9_\-.*]*+"
_TOKEN = r"(?P<{name}>[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*+)"  # noqa: S105 - a word of the grammar
_OTHERS = (
    r"-?\d{1,12}+\.\d{1,3}+(?!\d)",
    r"-?\d{1,15}+(?![\d.])",
    r'"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*+"',
    r":[A-Za-z0-9+/=]*+:",
    r"\?[01]",
    r"@-?\d{1,15}+(?![\d.])",
    r'%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*+"',
)
_BARE = "(?:" + "|".join((*_OTHERS, _TOKEN.replace("(?P<{name}>", "(?:"))) + ")"
_PARAMETERS = rf"(?:;\x20*+{_KEY}(?:={_BARE})?+)*+"
_INNER = rf"\(\x20*+(?:{_BARE}{_PARAMETERS}(?:\x20++(?=[^\x20)])|(?=\x20*+\))))*+\x20*+\)"
_MEMBER = re.compile(
    rf"(?P<key>{_KEY})(?:=(?:{_TOKEN.format(name='token')}|{'|'.join(_OTHERS)}|{_INNER}))?+{_PARAMETERS}", re.ASCII
)
_COMMA = re.compile(r"[ \t]*+,[ \t]*+")


def parse(value: str) -> dict[str, str | None] | None:
    """The dictionary: by key its token, or null where the value is something else. Null where it does not parse."""
    value, found, at = value.strip(" \t"), {}, 0
    if not value:
        return {}
    while True:
        member = _MEMBER.match(value, at)
        if not member:
            return None
        found[member["key"]] = member["token"]
        if member.end() == len(value):
            return found
        comma = _COMMA.match(value, member.end())
        if not comma:
            return None
        at = comma.end()


@lru_cache(maxsize=4096)
def says(value: str) -> str:
    """What one statement of preferences says of training: one of RESERVATIONS."""
    preferences = parse(value) if len(value) <= MAX_VALUE else None
    if preferences is None:
        return "unclear"
    now = [_SAYS.get(preferences[label] or "", "unclear") for label in _labels("training") if label in preferences]
    before = ["unclear" for label in _labels("earlier") if preferences.get(label, "y") != "y"]
    return strictest(now + before)


def combined(statements: Iterable[str]) -> str:
    """What several statements say together: any that disallows wins, then any that is unclear, then any that allows."""
    said = {says(statement) for statement in statements}
    return next((one for one in ("reserved", "unclear", "allowed") if one in said), "none_found")


_SAYS = {"y": "allowed", "n": "reserved"}


@cache
def _labels(which: str) -> tuple[str, ...]:
    stored = tomllib.loads(resources.files("filters").joinpath("data", DATA).read_text("utf-8"))
    return tuple(category["label"] for category in stored[which])


@cache
def aipref_digest() -> str:
    """SHA-256 of the stored file, for a filter's spec."""
    return hashlib.sha256(resources.files("filters").joinpath("data", DATA).read_bytes()).hexdigest()
