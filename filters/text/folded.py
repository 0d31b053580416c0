"""Words as they are compared where it must not matter how they are written: case, accents and marks are off.

What a character is to words, `filters/text/folding.py` says: these are the words by which texts are told to be nearly
the same, here with their places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from filters.text.compiled import compiled
from filters.text.folding import ALONE, PARTS, SKIPPED, Folding, folding
from filters.text.repetition import Hashes, mixed
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width

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
    return Folded(*_folded(texts.data, texts.offsets, folding()))


@compiled
def _folded(data: Bytes, offsets: Places, table: Folding) -> tuple[Hashes, Places, Places, Places]:
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
            plain = table[code] if code < len(table) else np.uint32(SKIPPED)
            is_alone = plain & ALONE != 0
            if is_open and (plain == PARTS or is_alone):
                hashes[count] = mixed(value)
                count += 1
                is_open = False
            if plain == SKIPPED and is_open:
                ends[count] = character + 1
            elif plain > SKIPPED:
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
