"""What a character is to words that are compared: it parts them, is skipped, is a letter, or is a word alone.

Letters, numbers and marks make words; all else parts them, so that punctuation, markup and layout change nothing.
Letters are without case, accents (combining ones, and those of a letter that has one) and form (full width, ligature of
one letter). Characters of scripts that put no space between words (Han, kana, Thai, Lao, Khmer, Burmese, …) are a word
each. Soft hyphens, joiners and other characters of format are skipped.

The table is data that comes with Tamis (Unicode 14.0, by `python -m tools.build_folding`), so that it is the same under
any Python: classes of all code points below END, then pairs of a code point and the one that it is folded to.
"""

from __future__ import annotations

import zlib
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

FILE: Final = "folding.bin"

END: Final = 0x32400
"""From here on there are no letters: tags and selectors, which are skipped."""

Class = Literal["parts", "skipped", "word", "alone"]
OF_CLASS: Final[tuple[Class, ...]] = get_args(Class)

PARTS: Final = 0
SKIPPED: Final = 1
ALONE: Final = 1 << 30
"""Beside the folded code point of what is a word by itself."""

Folding = npt.NDArray[np.uint32]


@cache
def folding() -> Folding:
    """By code point: PARTS, SKIPPED, or what it is folded to."""
    raw = zlib.decompress(_file())
    classes = np.frombuffer(raw, dtype=np.uint8, count=END)
    changed, to = np.frombuffer(raw, dtype="<u4", offset=END).reshape(-1, 2).T
    table = np.arange(END, dtype=np.uint32)
    table[changed] = to
    table[classes == OF_CLASS.index("alone")] |= np.uint32(ALONE)
    table[classes == OF_CLASS.index("skipped")] = SKIPPED
    table[classes == OF_CLASS.index("parts")] = PARTS
    return table


@cache
def folding_sha256() -> str:
    return sha256(_file()).hexdigest()


def _file() -> bytes:
    return resources.files("filters").joinpath("data", FILE).read_bytes()
