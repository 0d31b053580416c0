"""Which pieces hold one of a few phrases, in whatever case; for phrases of ASCII characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places, Utf8
from filters.text.words import Pieces


def pieces_with(texts: Utf8, pieces: Pieces, phrases: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each piece holds one of the phrases, given in lower case."""
    joined = np.frombuffer("".join(phrases).encode("ascii"), dtype=np.uint8)
    until = np.cumsum([0, *map(len, phrases)], dtype=np.int64)
    return _pieces_with(texts.data, pieces.starts, pieces.ends, joined, until)


@compiled
def _pieces_with(data: Bytes, starts: Places, ends: Places, phrases: Bytes, until: Places) -> npt.NDArray[np.bool_]:
    begins = np.zeros(256, dtype=np.bool_)
    for phrase in range(len(until) - 1):
        begins[phrases[until[phrase]]] = True
    found = np.zeros(len(starts), dtype=np.bool_)
    for piece in range(len(starts)):
        for place in range(starts[piece], ends[piece]):
            if not begins[_lower(data[place])]:
                continue
            for phrase in range(len(until) - 1):
                found[piece] |= _is_at(data, place, ends[piece], phrases, until[phrase], until[phrase + 1])
            if found[piece]:
                break
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
