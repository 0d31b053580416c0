"""The texts of a batch as one run of UTF-8 bytes, and how loops read characters from it.

Polars keeps strings as valid UTF-8, so a loop need not check: a character begins at every byte that is no continuation,
and its first byte says how many follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)

# Python's `str.isspace`, which is what `str.split()` parts words at.
_SPACES_ABOVE_ASCII = "".join(chr(code) for code in range(128, 0x3001) if chr(code).isspace())
assert (
    _SPACES_ABOVE_ASCII
    == "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


@dataclass(frozen=True, eq=False)
class Utf8:
    """Text i is the bytes `offsets[i]` up to, not including, `offsets[i + 1]`."""

    data: Bytes
    offsets: Places

    @classmethod
    def of(cls, texts: pl.Series) -> Utf8:
        """Of a series of strings without nulls; no text is copied where Polars holds them in one run already."""
        held = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
        _, offsets, data = held.buffers()
        places = np.frombuffer(offsets, dtype=np.int64)[held.offset : held.offset + len(held) + 1]
        return cls(np.frombuffer(data or b"", dtype=np.uint8), places)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def newlines(self) -> Places:
        """Where they are; asked for by all that parts texts at them."""
        return np.flatnonzero(self.data == 0x0A)


@compiled
def width(first: int) -> int:
    """How many bytes the character has that begins with this byte."""
    if first < 0x80:
        return 1
    if first < 0xE0:
        return 2
    return 3 if first < 0xF0 else 4


@compiled
def code_at(data: Bytes, place: int) -> int:
    """The code point of the character that begins here.

    Places without a sign need no look whether they count from the end, which is half of the work.
    """
    at = np.uint64(place)
    first = int(data[at])
    if first < 0x80:
        return first
    second = int(data[at + _ONE]) & 0x3F
    if first < 0xE0:
        return (first & 0x1F) << 6 | second
    third = int(data[at + _TWO]) & 0x3F
    if first < 0xF0:
        return (first & 0x0F) << 12 | second << 6 | third
    return (first & 0x07) << 18 | second << 12 | third << 6 | (int(data[at + _THREE]) & 0x3F)


@compiled
def is_space(code: int) -> bool:
    """As Python's `str.isspace`."""
    if code < 0x80:
        return code == 0x20 or 0x09 <= code <= 0x0D or 0x1C <= code <= 0x1F
    if code < 0x2000:
        return code == 0x85 or code == 0xA0 or code == 0x1680
    return code <= 0x200A or code == 0x2028 or code == 0x2029 or code == 0x202F or code == 0x205F or code == 0x3000
