"""How a text is cut into pieces, the words of the learners here: by looking at bytes, losing none.

A piece is a word with the blank before it, up to three digits, a run of one mark, or white space; one character of a
script that is written without spaces is a piece of its own. All pieces of a text one after the other are the text, so
what a model says of them can be counted in bits for each byte of it, whatever the language.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.repetition import mixed
from filters.text.utf8 import Bytes, Places, Utf8

Hashes = npt.NDArray[np.uint64]

_LONGEST: Final = 32
"""Bytes of a piece: what is longer is cut."""

_DIGITS: Final = 3

_MARK: Final = 1
_SPACE: Final = 2
_DIGIT: Final = 3
_LETTER: Final = 4
_LATER: Final = 5  # a byte of a character that is not ASCII; it and letters are what words are made of

_BLANK: Final = 0x20

_FNV: Final = np.uint64(0x100000001B3)
_OFFSET: Final = np.uint64(0xCBF29CE484222325)


def _classes() -> npt.NDArray[np.uint8]:
    made = np.full(256, _MARK, dtype=np.uint8)
    for byte in range(128):
        if chr(byte).isalpha() or chr(byte) == "_":
            made[byte] = _LETTER
        elif chr(byte).isdigit():
            made[byte] = _DIGIT
        elif chr(byte).isspace():
            made[byte] = _SPACE
    made[128:] = _LATER
    return made


_CLASSES: Final = _classes()

_FIRST_ALONE: Final = 0xE2
_SECOND_ALONE: Final = 0xBA
"""The first two bytes of U+2E80, from which on scripts have characters that are words, or nearly."""


@compiled_leaf
def _stands_alone(data: Bytes, place: int) -> bool:
    if data[place] > _FIRST_ALONE:
        return True
    return bool(data[place] == _FIRST_ALONE and data[place + 1] >= _SECOND_ALONE)


@compiled_leaf
def end_of_piece(data: Bytes, place: int, last: int) -> int:
    """Where the piece ends that begins at `place`; `last` is where the text does."""
    start = place
    if data[place] == _BLANK and place + 1 < last and _CLASSES[data[place + 1]] != _SPACE:
        place += 1
    kind = _CLASSES[data[place]]
    if kind == _LATER and _stands_alone(data, place):
        place += 1
        while place < last and data[place] & 0xC0 == 0x80:
            place += 1
        return place
    first, longest = data[place], start + (_DIGITS + (place - start) if kind == _DIGIT else _LONGEST)
    place += 1
    while place < last and place < longest:
        byte = data[place]
        of_kind = _CLASSES[byte]
        if kind == _MARK:
            if byte != first:
                break
        elif kind >= _LETTER:
            if of_kind < _LETTER:
                break
            if byte >= 0xC0 and _stands_alone(data, place):
                break
        elif of_kind != kind:
            break
        elif kind == _SPACE and byte == _BLANK and place + 1 < last and _CLASSES[data[place + 1]] != _SPACE:
            break  # the blank goes with the word
        place += 1
    return place


@compiled_leaf
def hash_of_piece(data: Bytes, place: int, end: int) -> np.uint64:
    """Of the bytes as they are."""
    value = _OFFSET
    for one in range(place, end):
        value = (value ^ np.uint64(data[one])) * _FNV
    return mixed(value)


@compiled
def _counts(data: Bytes, offsets: Places) -> Places:
    counts = np.zeros(len(offsets) - 1, dtype=np.int64)
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        while place < last:
            place = end_of_piece(data, place, last)
            counts[text] += 1
    return counts


def pieces_of(texts: Utf8) -> Places:
    """How many pieces each text has."""
    return _counts(texts.data, texts.offsets)
