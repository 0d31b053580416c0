"""Tells by tests on a page's bytes whether it can state anything, so that most pages are never parsed.

Every test over the whole page is a search for one short string; what needs more is done near where one was found. The
tests let through more than there is. They lose a name such as `CC BY` broken up by references to characters, and words
about mining and training in French, Spanish and Italian where a page has no accent at all.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Iterator
from dataclasses import dataclass

from filters.rights.pages import statements as page_statements

_NAME = re.compile(rb"cc[ -]?(?:by|0|zero)")
_IN_TEXT = re.compile(rb"creative[^a-z]|creative&nbsp;|cc[ -]?(?:by|0|zero)|government licen|free documentation")
_LICENCE = re.compile(
    rb"licen(?:[sc]e(?:(?<=[\"'=:.<]licen[sc]e)|(?<=\slicen[sc]e)(?=[\"'])|-ouverte)|ses/fdl"
    rb"|(?<=government licen)|(?<=documentation licen))"
)
"""The word as an attribute's value, a property or an element: `rel="nofollow license"`, `"license":`, `dct:license`;
or as the end of a name."""

_ALL_RIGHTS = (
    b"rights reserved",
    b"rechte vorbehalten",
    b"\xc3\xa9serv\xc3\xa9s",
    b"reservados",
    b"riservati",
    b"voorbehouden",
)
_IN_METAS = (b"noai", b"imageai", b"tdm-")
_NEARLY = re.compile(
    rb"(?<![a-z])(?:no|dis)[a-z]{0,8}[_ -]?(?:[a-z]{1,8}[_ -])?(?:ai|ml|llm|llms|train|training|tdm)\b"
)
_META = 2_000
_STEMS = (b"mining", b"train")
_FOREIGN_STEMS = (b"tdm", b"miner\xc3\xad", b"fouille", b"estrazione", b"entra\xc3\xaen", b"entren", b"addestr", b"44b")
_TRAINS = (b"train", b"entra\xc3\xaen", b"entren", b"addestr")
_TRAINED = (b"intellig", b" ai", b" ki", b" ia", b"llm", b"machine", b"model", b"mod\xc3\xa8l")
_WORD = 60
_BEGINNING = 16_384
_ACCENTED = 4_000
"""A page in French, German, Italian or Spanish has an accent in so many bytes at the least; English ones have few."""

_AROUND = 1_500
_TAG = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a page may have: a licence, a reservation in its metas, one in words; and its lower-cased bytes."""

    licence: bool
    metas: bool
    words: bool
    said: bytes

    @property
    def any(self) -> bool:
        return self.licence or self.metas or self.words


def marks_of(html: str) -> Marks:
    said = html.encode("utf-8", "replace").lower()
    is_foreign = _is_accented(said)
    return Marks(
        licence=_may_license(said, is_foreign=is_foreign),
        metas=_may_reserve(_metas(said)),
        words=_may_speak(said, (*_STEMS, *_FOREIGN_STEMS) if is_foreign else _STEMS),
        said=said,
    )


def _is_accented(said: bytes) -> bool:
    if said.count(b"\xc3") * _ACCENTED > len(said):
        return True
    named = max(said.count(b"acute;", 0, _BEGINNING), said.count(b"uml;", 0, _BEGINNING))
    return named * _ACCENTED > min(len(said), _BEGINNING)


def names_in_text(said: bytes) -> bool:
    """Whether a licence may be named in what is shown, and not in an address only."""
    return _IN_TEXT.search(said) is not None


def reserves_all(said: bytes) -> bool:
    return any(mark in said for mark in _ALL_RIGHTS)


def _may_license(said: bytes, *, is_foreign: bool) -> bool:
    if b"commons" in said or _NAME.search(said) or (is_foreign and b"dl-de/" in said):
        return True
    return b"licen" in said and _LICENCE.search(said) is not None


def _metas(said: bytes) -> bytes:
    """What follows each `<meta`, up to 2,000 bytes, with its references to characters resolved."""
    block = b" ".join(_after_metas(said))
    return markup.unescape(block.decode("utf-8", "replace")).lower().encode() if b"&" in block else block


def _after_metas(said: bytes) -> Iterator[bytes]:
    place = said.find(b"<meta")
    while place >= 0:
        yield said[place : place + _META]
        place = said.find(b"<meta", place + _META)


def _may_reserve(metas: bytes) -> bool:
    return any(mark in metas for mark in _IN_METAS) or (b"bot" in metas and _NEARLY.search(metas) is not None)


def _may_speak(said: bytes, stems: tuple[bytes, ...]) -> bool:
    return any(_speaks_near(said, stem) for stem in stems)


def _speaks_near(said: bytes, stem: bytes) -> bool:
    place = said.find(stem)
    while place >= 0:
        if stem == b"mining" and not _is_of_data(said[max(0, place - _WORD) : place]):
            place = said.find(stem, place + len(stem))
            continue
        around = said[max(0, place - _AROUND) : place + _AROUND]
        if _is_of_machines(around, stem) and page_statements.may_reserve(_shown(around)):
            return True
        place = said.find(stem, place + _AROUND // 3)
    return False


def _is_of_data(before: bytes) -> bool:
    return b"data" in before or b"text" in before


def _is_of_machines(around: bytes, stem: bytes) -> bool:
    return stem not in _TRAINS or any(each in around for each in _TRAINED)


def _shown(around: bytes) -> str:
    return markup.unescape(_TAG.sub(" ", around.decode("utf-8", "replace")))
