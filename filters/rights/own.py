"""What an item says of its own licence: a text that is one or has a notice on top, a page's markup, a picture's fields.

A text is a licence where the texts of licences account for four fifths of it. Of any other text only the first lines
are read, and of them only tags and grants (`Licensed under …`): that a text names a licence further down, or explains
one, does not say that it is under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import compress, islice

from filters.rights.claims import detected
from filters.rights.evidence import LEVELS, Evidence
from filters.rights.pages.reader import looks_like_page, read_page
from filters.rights.pages.words import read_value
from filters.rights.pictures.metadata import read_picture
from filters.rights.spdx import NOT_UNDERSTOOD, SAYS_NOTHING, Reading, read_expression, read_name
from filters.rights.texts.detect import Found, judge, look, read
from filters.rights.texts.known import MAX_CHARACTERS, normalise
from filters.rights.texts.likely import may_have_licences
from filters.rights.texts.tags import read_tags
from tamis.ids import Id128, digest128, text_bytes

_HEAD_LINES = 20
"""So many lines of a text are searched for notices: a header, not every text that speaks of licences."""

_HEAD_CHARACTERS = 4_000

_WHOLE_SHARE = 0.8
_LINE = re.compile(r"[^\r\n]+")
_SPEAKS = re.compile(r"licen[cs]|permi|redistribut|public domain|copyright|creative commons|warrant", re.IGNORECASE)


def of_texts(texts: Sequence[str], raws: Sequence[Id128]) -> Iterator[Iterator[Evidence]]:
    """What each of the texts says; `raws` are their digests."""
    is_page = [looks_like_page(text) for text in texts]
    searched = [text for text, page in zip(texts, is_page, strict=True) if not page and len(text) <= MAX_CHARACTERS]
    likely = set(compress(searched, may_have_licences(searched)))
    for text, raw, page in zip(texts, raws, is_page, strict=True):
        yield _of_page(text) if page else _of_text(text, raw, may_be_licence=text in likely)


def of_text(text: str, raw: Id128) -> Iterator[Evidence]:
    """`raw` is the content's digest."""
    return next(of_texts([text], [raw]))


def _of_text(text: str, raw: Id128, *, may_be_licence: bool) -> Iterator[Evidence]:
    whole = _whole(text) if may_be_licence else None
    if whole is not None:
        yield Evidence("full-text", whole, raw, LEVELS["full-text"])
    head = "\n".join(islice((line.group() for line in _LINE.finditer(text)), _HEAD_LINES))[:_HEAD_CHARACTERS]
    noticed = _noticed(head) if _SPEAKS.search(head) else None
    if noticed is not None and (whole is None or noticed.expression != whole.expression):
        yield Evidence("notice", noticed, raw, LEVELS["notice"], "file", "head")


def of_picture(image: bytes) -> Iterator[Evidence]:
    for found in read_picture(image).licences:
        raw = digest128(text_bytes(found.value))
        yield Evidence(found.kind, _of_field(found.value), raw, LEVELS[found.kind], "item", found.location)


def _of_page(html: str) -> Iterator[Evidence]:
    for found in read_page(html).licences:
        expression = "LicenseRef-tamis-proprietary" if found.kind == "all-rights-reserved" else read_value(found.value)
        reading = read_expression(expression) if expression else NOT_UNDERSTOOD
        raw = digest128(text_bytes(found.value))
        yield Evidence(found.kind, reading, raw, LEVELS[found.kind], found.scope, found.location)


def _whole(text: str) -> Reading | None:
    """What a text that is a licence says; null where it is none, or is one with terms of its own."""
    seen = look(text)
    if seen is None or _share(seen.texts, len(text)) < _WHOLE_SHARE:
        return None  # to read what else it says would only find out what is not asked for
    found = detected(text, seen)
    expression = found.expression
    return read_expression(expression) if expression and _share(found.parts, len(text)) >= _WHOLE_SHARE else None


def _share(parts: Sequence[Found], characters: int) -> float:
    if any(part.kind == "full-text" for part in parts):
        return 1.0
    return sum(part.end - part.start for part in parts if part.kind == "near-text") / characters


@lru_cache(maxsize=512)
def _noticed(head: str) -> Reading | None:
    """What the first lines say; null where they say nothing of their own licence."""
    tags, _ = read_tags(head)
    seen = look(head)
    if seen is None:
        return tags
    said = read(seen)
    if not any(part.kind == "notice" for part in said.found.parts):
        return tags
    expression = judge(said).expression
    return read_expression(expression) if expression else NOT_UNDERSTOOD


def _of_field(value: str) -> Reading:
    """Words of a picture's field; one that is years and holders and nothing else says nothing of a licence."""
    if value.strip().lower() == "copyrighted":
        return SAYS_NOTHING
    expression = read_value(value)
    if expression:
        return read_expression(expression)
    return read_name(value) if normalise(value) else SAYS_NOTHING
