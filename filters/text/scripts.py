"""In which script the letters of a text are, by the names that Unicode gives them.

Of Han and kana together, Han is told to be Japanese where at least one letter in twenty is kana. Letters that belong to
no script (ª, µ, modifiers, mathematical alphabets), or to one that is not listed here, are `Zyyy`.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width

OTHER: Final = "Zyyy"

_BY_NAME: Final = {
    "LATIN": "Latn", "GREEK": "Grek", "CYRILLIC": "Cyrl", "ARMENIAN": "Armn", "HEBREW": "Hebr", "ARABIC": "Arab",
    "SYRIAC": "Syrc", "THAANA": "Thaa", "NKO": "Nkoo", "DEVANAGARI": "Deva", "BENGALI": "Beng", "GURMUKHI": "Guru",
    "GUJARATI": "Gujr", "ORIYA": "Orya", "TAMIL": "Taml", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym",
    "SINHALA": "Sinh", "THAI": "Thai", "LAO": "Laoo", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "GEORGIAN": "Geor",
    "HANGUL": "Hang", "ETHIOPIC": "Ethi", "CHEROKEE": "Cher", "CANADIAN": "Cans", "KHMER": "Khmr",
    "MONGOLIAN": "Mong", "HIRAGANA": "Jpan", "KATAKANA": "Jpan", "CJK": "Hani", "BOPOMOFO": "Bopo", "YI": "Yiii",
    "TIFINAGH": "Tfng", "COPTIC": "Copt", "JAVANESE": "Java", "BALINESE": "Bali", "SUNDANESE": "Sund", "OL": "Olck",
    "VAI": "Vaii", "ADLAM": "Adlm", "GOTHIC": "Goth", "RUNIC": "Runr", "OGHAM": "Ogam", "GLAGOLITIC": "Glag",
}  # fmt: skip
"""First word of a letter's name → ISO 15924."""

SCRIPTS: Final = (OTHER, *dict.fromkeys(_BY_NAME.values()))

_HAN: Final = SCRIPTS.index("Hani")
_JAPANESE: Final = SCRIPTS.index("Jpan")
_KANA_SHARE: Final = 20

_LETTERS_END: Final = 0x34000
"""From here on there are no letters."""

Scripts = npt.NDArray[np.uint8]


@cache
def script_table() -> Scripts:
    """Of every code point 0 if it is no letter, else 1 + the place of its script in SCRIPTS."""
    table = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    places = {word: SCRIPTS.index(script) + 1 for word, script in _BY_NAME.items()}
    for code in range(_LETTERS_END):
        letter = chr(code)
        if letter.isalpha():
            words = unicodedata.name(letter, OTHER).removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
            table[code] = places.get(words.partition(" ")[0], 1)
    return table


def letters_by_script(texts: Utf8) -> Places:
    """Texts x SCRIPTS: how many letters of each; Han that goes with kana is counted as Japanese."""
    found = _letters_by_script(texts.data, texts.offsets, script_table(), len(SCRIPTS))
    han, kana = found[:, _HAN].copy(), found[:, _JAPANESE].copy()
    japanese = (kana > 0) & (kana * _KANA_SHARE >= han + kana)
    found[:, _HAN] = np.where(japanese, 0, han)
    found[:, _JAPANESE] = np.where(japanese, han + kana, kana)
    return found


@compiled
def _letters_by_script(data: Bytes, offsets: Places, table: Scripts, scripts: int) -> Places:
    found = np.zeros((len(offsets) - 1, scripts), dtype=np.int64)
    for text in range(len(offsets) - 1):
        seen = np.zeros(scripts + 1, dtype=np.int64)
        place, last = offsets[text], offsets[text + 1]
        while place < last:
            seen[table[code_at(data, place)]] += 1
            place += width(data[place])
        found[text] = seen[1:]
    return found
