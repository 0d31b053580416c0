"""Writes filters/data/folding.bin from the Unicode tables of this Python: `python -m tools.build_folding`.

Another Python has other tables, so what is written is kept: whoever writes it anew raises
`filters.text.minhash.ALGORITHM`, for hashes change with it. `filters/text/folding.py` says what is in the file; here is
how each code point comes to its class.
"""

from __future__ import annotations

import sys
import unicodedata
import zlib
from pathlib import Path

import numpy as np

from filters.text.folding import END, FILE, OF_CLASS, Class

TARGET = Path(__file__).parent.parent / "filters" / "data" / FILE

ACCENTS = (
    (0x0300, 0x036F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
)
"""Combining diacritical marks and variation selectors; the vowel signs of other scripts are letters to us."""

WITHOUT_SPACES = (
    "CJK UNIFIED",
    "CJK COMPATIBILITY IDEOGRAPH",
    "HIRAGANA",
    "KATAKANA",
    "YI SYLLABLE",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TAI",
    "NEW TAI",
    "JAVANESE",
    "BALINESE",
)
"""How the names of letters begin that are written with no space between words."""


def main() -> None:
    folded = [folded_of(chr(code)) for code in range(END)]
    classes = np.array([OF_CLASS.index(class_of(character)) for character in folded], dtype=np.uint8)
    changed = [
        (code, ord(to)) for code, to in enumerate(folded) if ord(to) != code and class_of(to) in {"word", "alone"}
    ]
    pairs = np.array(changed, dtype="<u4")
    TARGET.write_bytes(zlib.compress(classes.tobytes() + pairs.tobytes(), 9))
    sys.stderr.write(f"{TARGET.name}: Unicode {unicodedata.unidata_version}, {len(changed):,} folded\n")


def folded_of(character: str) -> str:
    """Without case, accent and form, where a single character is left; else as it is."""
    while (plain := _once(character)) != character:
        character = plain
    return character


def _once(character: str) -> str:
    small = character.casefold() if len(character.casefold()) == 1 else character
    apart = [each for each in unicodedata.normalize("NFKD", small) if not _is_accent(each)]
    return apart[0] if len(apart) == 1 else small


def class_of(character: str) -> Class:
    category = unicodedata.category(character)
    if _is_accent(character) or category == "Cf":
        return "skipped"
    if category[0] not in "LMN":
        return "parts"
    return "alone" if unicodedata.name(character, "").startswith(WITHOUT_SPACES) else "word"


def _is_accent(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in ACCENTS)


if __name__ == "__main__":
    main()
