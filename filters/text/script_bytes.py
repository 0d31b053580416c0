"""How many bytes of each script a text has, as far as tokenizers treat scripts alike."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width

SCRIPTS: Final = (
    "ascii_letters",
    "digits",
    "white_space",
    "marks",
    "latin",
    "greek",
    "cyrillic",
    "right_to_left",
    "indic",
    "han",
    "kana",
    "hangul",
    "other",
)
"""`marks`: punctuation, symbols and controls. `latin`: its letters beyond ASCII. `indic`: scripts of South Asia."""

_RANGES: Final = (
    ("latin", 0x00C0, 0x02AF),
    ("greek", 0x0370, 0x03FF),
    ("cyrillic", 0x0400, 0x052F),
    ("right_to_left", 0x0590, 0x08FF),
    ("indic", 0x0900, 0x0FFF),
    ("indic", 0x1000, 0x109F),
    ("hangul", 0x1100, 0x11FF),
    ("indic", 0x1780, 0x17FF),
    ("latin", 0x1E00, 0x1EFF),
    ("greek", 0x1F00, 0x1FFF),
    ("kana", 0x3040, 0x30FF),
    ("hangul", 0x3130, 0x318F),
    ("han", 0x3400, 0x9FFF),
    ("hangul", 0xAC00, 0xD7AF),
    ("han", 0xF900, 0xFAFF),
    ("right_to_left", 0xFB1D, 0xFEFC),
    ("han", 0x20000, 0x33FFF),
)
_END: Final = 0x34000


def bytes_of_scripts(texts: Utf8) -> Places:
    """Texts x SCRIPTS: bytes of UTF-8; together those of the text."""
    return _bytes_of_scripts(texts.data, texts.offsets, _table(), len(SCRIPTS))


@cache
def _table() -> npt.NDArray[np.uint8]:
    """The place in SCRIPTS of each code point."""
    place = {name: number for number, name in enumerate(SCRIPTS)}
    table = np.full(_END, place["other"], dtype=np.uint8)
    for name, first, last in _RANGES:
        table[first : last + 1] = place[name]
    for code in range(_END):
        character = chr(code)
        category = unicodedata.category(character)
        if character.isspace():
            table[code] = place["white_space"]
        elif category == "Nd":
            table[code] = place["digits"]
        elif category[0] in "PSC" and table[code] in (place["other"], place["latin"]):
            table[code] = place["marks"]
        elif code < 0x80:
            table[code] = place["ascii_letters"]
    return table


@compiled
def _bytes_of_scripts(data: Bytes, offsets: Places, table: npt.NDArray[np.uint8], scripts: int) -> Places:
    found = np.zeros((len(offsets) - 1, scripts), dtype=np.int64)
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        while place < last:
            code = code_at(data, place)
            wide = width(data[place])
            script = table[code] if code < _END else scripts - 1
            found[text, script] += wide
            place += wide
    return found
