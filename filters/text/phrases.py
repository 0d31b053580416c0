"""Which pieces hold one of a few phrases, in whatever case; for phrases of ASCII characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places, Utf8
from filters.text.words import Pieces


def phrases_in(texts: Utf8, pieces: Pieces, phrases: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Of each piece which of the phrases, given in lower case, it holds: bit i for the one at place i, up to 64."""
    joined = np.frombuffer("".join(phrases).encode("ascii"), dtype=np.uint8)
    until = np.cumsum([0, *map(len, phrases)], dtype=np.int64)
    return _phrases_in(texts.data, pieces.starts, pieces.ends, joined, until)


@compiled
def _phrases_in(data: Bytes, starts: Places, ends: Places, phrases: Bytes, until: Places) -> npt.NDArray[np.uint64]:
    found = np.zeros(len(starts), dtype=np.uint64)
    begins = np.zeros(65536, dtype=np.bool_)  # by the first two bytes; of a phrase of one byte any that follows
    for phrase in range(len(until) - 1):
        first = int(phrases[until[phrase]]) << 8
        if until[phrase + 1] - until[phrase] == 1:
            begins[first : first + 256] = True
        else:
            begins[first | int(phrases[until[phrase] + 1])] = True
    for piece in range(len(starts)):
        end = ends[piece]
        for place in range(starts[piece], end):
            after = _lower(data[place + 1]) if place + 1 < end else np.uint8(0)
            if begins[int(_lower(data[place])) << 8 | int(after)]:
                for phrase in range(len(until) - 1):
                    if _is_at(data, place, end, phrases, until[phrase], until[phrase + 1]):
                        found[piece] |= np.uint64(1) << np.uint64(phrase)
    return found


@compiled_leaf
def _is_at(data: Bytes, place: int, end: int, phrases: Bytes, first: int, last: int) -> bool:
    if end - place < last - first:
        return False
    for offset in range(last - first):
        if _lower(data[place + offset]) != phrases[first + offset]:
            return False
    return True


@compiled_leaf
def _lower(byte: np.uint8) -> np.uint8:
    return np.uint8(byte | 0x20) if 0x41 <= byte <= 0x5A else byte
