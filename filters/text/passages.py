"""Passages: pieces of a text that are long enough to tell their language, each of one paragraph where paragraphs are.

A passage ends at an empty line, at the end of a line if it is long already, and in the middle of one only if it is very
long. What is too short goes with what follows, the rest of a text with what is before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from filters.text.compiled import compiled
from filters.text.scripts import Scripts, script_table
from filters.text.utf8 import Bytes, Places, Utf8, code_at, is_space, width
from filters.text.words import Pieces

_ENOUGH: Final = 40
"""Bytes of letters from which on an empty line ends a passage. Bytes, for a character says more where it has more."""
_LONG: Final = 200
"""From which on the end of a line does."""
_VERY_LONG: Final = 600
"""From which on any character does that is no letter."""
_LONGEST: Final = 1_200
"""From which on any character does."""


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """The passages of some texts; an empty text has none, of any other they are together the whole of it."""

    pieces: Pieces
    letters: Places
    """Of each passage, in code points."""
    letter_bytes: Places
    """Of each text."""


def passages(texts: Utf8) -> Passages:
    starts, ends, bounds, letters, letter_bytes = _passages(texts.data, texts.offsets, script_table())
    return Passages(Pieces(starts, ends, bounds), letters, letter_bytes)


@compiled
def _passages(data: Bytes, offsets: Places, table: Scripts) -> tuple[Places, Places, Places, Places, Places]:
    room = (offsets[-1] - offsets[0]) // _ENOUGH + len(offsets)
    starts, ends = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    letters, bounds = np.zeros(room, dtype=np.int64), np.empty(len(offsets), dtype=np.int64)
    letter_bytes = np.zeros(len(offsets) - 1, dtype=np.int64)
    count = 0
    for text in range(len(offsets) - 1):
        bounds[text] = count
        begun, place, last = offsets[text], offsets[text], offsets[text + 1]
        of_letters, seen = 0, 0
        empty_line = False
        while place < last:
            code = code_at(data, place)
            bytes_of_it = width(data[place])
            place += bytes_of_it
            is_letter = table[code] > 0
            if is_letter:
                of_letters += bytes_of_it
                letter_bytes[text] += bytes_of_it
                seen += 1
            if code == 0x0A:
                ended = of_letters >= (_ENOUGH if empty_line else _LONG)
                empty_line = True
            else:
                ended = of_letters >= _LONGEST or (of_letters >= _VERY_LONG and not is_letter)
                empty_line = empty_line and is_space(code)
            if ended:
                starts[count], ends[count], letters[count] = begun, place, seen
                count += 1
                begun, of_letters, seen = place, 0, 0
        if begun == last:
            continue
        if count > bounds[text] and of_letters < _ENOUGH:
            ends[count - 1] = last
            letters[count - 1] += seen
        else:
            starts[count], ends[count], letters[count] = begun, last, seen
            count += 1
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds, letters[:count].copy(), letter_bytes
