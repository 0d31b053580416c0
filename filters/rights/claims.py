"""What is claimed of an item's licence, read: one claim is one piece of evidence, or two."""

from __future__ import annotations

from functools import lru_cache

from filters.rights.evidence import LEVELS, Evidence
from filters.rights.spdx import (
    NOT_UNDERSTOOD,
    SAYS_NOTHING,
    Reading,
    read_classifier,
    read_expression,
    read_name,
)
from filters.rights.texts.detect import Detected, Look, detect, judge, read
from filters.rights.texts.known import MAX_CHARACTERS, normalise
from filters.rights.texts.tags import read_tags
from tamis.errors import ContractError
from tamis.ids import Id128, digest128, text_bytes

_SCOPES = {
    "license-expression": "repository",
    "license-field": "repository",
    "classifier": "repository",
    "licence-file": "directory",
    "column": "item",
    "corpus": "dataset",
    "hub-card": "dataset",
    "repository": "repository",
    "index": "dataset",
    "ancestor": "dataset",
}
"""Of what each kind of claim speaks."""


def evidence_of(kind: str, value: str) -> tuple[Evidence, ...]:
    """What a claim says: one piece of evidence, or two of a licence file that has SPDX tags and other words.

    Raises:
        ContractError: the kind is not one of tamis.records.CLAIM_KINDS.
    """
    return _remembered(kind, value) if len(value) <= _REMEMBERED_CHARACTERS else _evidence_of(kind, value)


_REMEMBERED_CHARACTERS = 2_000
"""Longer claims are read anew, so that what is remembered stays small whatever a corpus holds."""


@lru_cache(maxsize=4096)
def _remembered(kind: str, value: str) -> tuple[Evidence, ...]:
    return _evidence_of(kind, value)


def _evidence_of(kind: str, value: str) -> tuple[Evidence, ...]:
    raw = digest128(text_bytes(value))
    match kind:
        case "license-field":
            name = read_name(value)
            return (_piece(kind, read_text(value) if name.unread == "words" else name, raw),)
        case "classifier":
            return (_piece(kind, read_classifier(value), raw),)
        case "licence-file":
            return _of_file(value, raw)
        case _ if kind in _SCOPES:
            return (_piece(kind, read_name(value), raw),)
    raise ContractError(
        f"licence/3: a claim has the kind {kind[:40]!r}, which is not one of tamis.records.CLAIM_KINDS."
    )


def _piece(kind: str, reading: Reading, raw: Id128, *, level: int | None = None, is_text: bool = False) -> Evidence:
    return Evidence(kind, reading, raw, LEVELS[kind] if level is None else level, _SCOPES[kind], is_text=is_text)


TAG_AMID_WORDS_LEVEL = 2
"""Of SPDX tags in a licence file whose other words were not understood."""


def _of_file(text: str, raw: Id128) -> tuple[Evidence, ...]:
    kind = "licence-file"
    tags, words = read_tags(text)
    rest = read_text(words) if len(words) > MAX_CHARACTERS or normalise(words) else SAYS_NOTHING
    whole = _piece(kind, rest, raw, is_text=True)
    if tags is None:
        return (whole,)
    stated = _piece(kind, tags, raw, level=TAG_AMID_WORDS_LEVEL if rest.unread == "words" else LEVELS[kind])
    return (stated,) if rest.unread == "nothing" else (stated, whole)


def read_text(text: str) -> Reading:
    """The licence that a text is, grants or names; what is left of it must not speak of terms."""
    expression = detected(text).expression
    return read_expression(expression) if expression else NOT_UNDERSTOOD


def detected(text: str, seen: Look | None = None) -> Detected:
    """`detect`, once for equal texts: a licence file comes with every item of its package.

    Args:
        text: what is looked into.
        seen: what `look` found in it, for who has asked already.
    """
    key = digest128(text_bytes(text))
    if key not in _DETECTED:
        if len(_DETECTED) >= _MOST_DETECTED:
            _DETECTED.clear()
        _DETECTED[key] = judge(read(seen)) if seen else detect(text)
    return _DETECTED[key]


_DETECTED: dict[Id128, Detected] = {}
_MOST_DETECTED = 4096
