"""Reads SPDX tags, `SPDX-License-Identifier: …`, out of a text."""

from __future__ import annotations

import re

from filters.rights.spdx import NO_LICENCE, NOT_UNDERSTOOD, Reading, read_expression, read_name

_TAG = r"SPDX-License-Identifier:"
_SIGN = "spdx-license-identifier:"
_TAG_LINE = re.compile(rf"(?im)^[^\w\n]*{_TAG}(?P<expression>.*)$")
_COMMENT_ENDS = ("*/", "-->", "*)", "#}", '"""')


def read_tags(text: str) -> tuple[Reading | None, str]:
    """What all SPDX tags say together, null if there are none; and the text without them.

    A tag that does not stand by itself in its line, but for marks of a comment, is not understood: it may be quoted.
    """
    if _SIGN not in text.lower():
        return None, text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    tags = sorted({_expression(tag["expression"]) for tag in _TAG_LINE.finditer(lines)})
    words = without_tags(lines)
    if re.search(_TAG, words, re.IGNORECASE):
        return NOT_UNDERSTOOD, words
    return (_all_of(tags) if tags else None), words


def without_tags(text: str) -> str:
    return _TAG_LINE.sub("", text)


def _all_of(tags: list[str]) -> Reading:
    """Each is read alone before they are joined: half a bracket in one must not change what another says."""
    if any(read_name(tag).unread == "none" for tag in tags):
        return NO_LICENCE
    expressions = [read_expression(tag).expression for tag in tags]
    return read_expression(" AND ".join(f"({each})" for each in expressions)) if all(expressions) else NOT_UNDERSTOOD


def _expression(tagged: str) -> str:
    """What stands behind a tag, without the end of a comment."""
    said = tagged.strip()
    ends = next((end for end in _COMMENT_ENDS if said.endswith(end)), "")
    return said.removesuffix(ends).strip()
