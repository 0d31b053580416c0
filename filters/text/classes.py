"""What kind of character each code point is, as bits in a table that loops look up.

The tables are those of the Unicode version that this Python knows; a filter that uses them names it.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

ALPHA: Final = 1
"""As Python's `str.isalpha`."""
DIGIT: Final = 2
"""As Python's `str.isdecimal`."""
UPPER: Final = 4
"""Unicode's category Lu."""
PUNCTUATION: Final = 8
"""Unicode's category P."""
SPACE: Final = 16
"""As Python's `str.isspace`."""
CONTROL: Final = 32
"""Unicode's category Cc without white space, and U+FFFD, which stands for what could not be read."""
RIGHT_TO_LEFT: Final = 64
"""Letters of right-to-left scripts: bidirectional classes R and AL."""
SYMBOL: Final = 128
"""Unicode's category S."""

UNICODE: Final = unicodedata.unidata_version

_LETTERS_END: Final = 0x34000
"""From here on no code point is assigned but tags, selectors and private use, which are of none of these classes."""

Classes = npt.NDArray[np.uint8]


@cache
def classes() -> Classes:
    """The bits of every code point."""
    table = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    table[:_LETTERS_END] = [_bits(chr(code)) for code in range(_LETTERS_END)]
    return table


def _bits(character: str) -> int:
    category = unicodedata.category(character)
    if category in {"Lo", "Cn", "Cs", "Co"}:  # most of the table by far
        far = category == "Lo" and unicodedata.bidirectional(character) in {"R", "AL"}
        return (ALPHA if category == "Lo" else 0) | (RIGHT_TO_LEFT if far else 0)
    bits = 0
    if category[0] == "L":
        bits |= ALPHA
    if category == "Nd":
        bits |= DIGIT
    if category == "Lu":
        bits |= UPPER
    if category[0] == "P":
        bits |= PUNCTUATION
    if category[0] == "S":
        bits |= SYMBOL
    if character.isspace():
        bits |= SPACE
    if (category == "Cc" and not character.isspace()) or character == "\ufffd":
        bits |= CONTROL
    if category[0] == "L" and unicodedata.bidirectional(character) in {"R", "AL"}:
        bits |= RIGHT_TO_LEFT
    return bits
