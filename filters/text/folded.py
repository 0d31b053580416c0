"""Words as they are compared where it must not matter how they are written: case, accents and marks are off.

A word is a run of letters and digits; every other character parts words, and so "don't" is two. Of a letter with
accents the letter is left, however it is encoded (so in scripts whose vowels are such marks, too), of a wide or styled
one the plain one; what cannot be seen, such as a soft hyphen, is skipped. Characters of scripts that put no blanks
between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are words by themselves.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from filters.text.repetition import Hashes, mixed
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width

_END: Final = 0x34000
"""From here on no letter is assigned."""

_PARTS: Final = 0
_SKIPPED: Final = 1
_ALONE: Final = 1 << 31
"""Added to a character that is a word by itself."""

_WITHOUT_BLANKS: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Chinese characters
    (0xF900, 0xFAFF),
    (0x20000, 0x33FFF),
)

_PRIME: Final = np.uint64(0x100000001B3)
_BASIS: Final = np.uint64(0xCBF29CE484222325)


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """The words of some texts: text i has words `bounds[i]` up to, not including, `bounds[i + 1]`."""

    hashes: Hashes
    """Of 64 bits; two words that differ have one hash with a chance of 5e-20."""
    starts: Places
    """Where each begins, in code points of its text."""
    ends: Places
    """One past its last code point."""
    bounds: Places

    @property
    def counts(self) -> Places:
        """Words of each text."""
        return np.diff(self.bounds)


def folded(texts: Utf8) -> Folded:
    """The words of each text, in order."""
    return Folded(*_folded(texts.data, texts.offsets, _table()))


@cache
def _table() -> npt.NDArray[np.uint32]:
    """What each code point is compared as."""
    table = np.zeros(_END, dtype=np.uint32)
    table[:] = [_compared_as(chr(code)) for code in range(_END)]
    for first, last in _WITHOUT_BLANKS:
        places = np.arange(first, last + 1)
        table[places] |= np.where(table[places] > _SKIPPED, _ALONE, 0).astype(np.uint32)
    return table


def _compared_as(character: str) -> int:
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return _SKIPPED
    if category[0] not in {"L", "N"} and category != "Mc":
        return _PARTS
    plain = unicodedata.normalize("NFKD", character)
    lower = plain.casefold() if len(plain.casefold()) == len(plain) else plain.lower()
    only_marks = all(unicodedata.combining(each) for each in lower[1:])
    return ord(lower[0]) if only_marks else ord(character)


@compiled
def _folded(data: Bytes, offsets: Places, table: npt.NDArray[np.uint32]) -> tuple[Hashes, Places, Places, Places]:
    most = offsets[-1] - offsets[0]
    hashes = np.empty(most, dtype=np.uint64)
    starts, ends = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    bounds = np.empty(len(offsets), dtype=np.int64)
    count = 0
    for text in range(len(offsets) - 1):
        bounds[text] = count
        place, last = offsets[text], offsets[text + 1]
        character, is_open = 0, False
        value = _BASIS
        while place < last:
            code = code_at(data, place)
            place += width(data[place])
            plain = table[code] if code < _END else np.uint32(_PARTS)
            is_alone = plain >= _ALONE
            if is_open and (plain == _PARTS or is_alone):
                hashes[count] = mixed(value)
                count += 1
                is_open = False
            if plain == _SKIPPED and is_open:
                ends[count] = character + 1
            elif plain > _SKIPPED:
                if not is_open:
                    starts[count] = character
                    value = _BASIS
                    is_open = True
                value = (value ^ np.uint64(plain)) * _PRIME
                ends[count] = character + 1
                if is_alone:
                    hashes[count] = mixed(value)
                    count += 1
                    is_open = False
            character += 1
        if is_open:
            hashes[count] = mixed(value)
            count += 1
    bounds[-1] = count
    return hashes[:count].copy(), starts[:count].copy(), ends[:count].copy(), bounds
