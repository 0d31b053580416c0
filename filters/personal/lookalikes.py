"""What a character stands for to a reader: its plain twin in ASCII, a mark on another one, or nothing to be seen.

Sources: the Unicode Character Database as this Python knows it (decimal and digit values, compatibility
decompositions, general categories); Default_Ignorable_Code_Point of Unicode 17; and for letters of other scripts that
are drawn like Latin ones the facts of Unicode Technical Standard 39, of which the table below keeps what passes for a
Latin letter at a glance.
"""

from __future__ import annotations

import unicodedata

INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Controls that are no white space, format characters and what else leaves no mark; the inside of a class."""

MARKS = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Marks that stand on the character before them, whatever it is; the inside of a class."""

SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
DASHES = (
    "\u02d7\u058a\u05be\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2796\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c"
    "\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010d6e\U00010ead"
)
STOPS = "\u06d4\u0701\u0702\u2024\u3002\ufe12\ufe52\uff0e\uff61"

NEWER_DIGITS = (
    0x10D40, 0x116D0, 0x116DA, 0x11BF0, 0x11DE0, 0x11F50, 0x16130, 0x16D70, 0x1CCF0, 0x1E4F0, 0x1E5F1,
)  # fmt: skip
"""Zeros of decimal digits that came with Unicode 15, 16 and 17, each before its nine others."""

_LETTERS_IN_A_ROW = {0x1CCD6: "A", 0x1F150: "A", 0x1F170: "A"}
"""Outlined (Unicode 16) and white-on-black capitals, A to Z, that have no compatibility decomposition here."""

_SAME_SHAPE = {
    "a": "аαɑᴀ", "b": "ʙ", "c": "сϲᴄ", "d": "ԁᴅ", "e": "еᴇҽ", "f": "ꜰ", "g": "ɡɢց", "h": "һհʜ", "i": "іιıɩɪ",
    "j": "јϳᴊյ", "k": "кκᴋ", "l": "ӏʟ", "m": "ᴍм", "n": "ոηɴ", "o": "оοօᴏσ", "p": "рρᴘ", "q": "ԛգ", "r": "ʀ",
    "s": "ѕꜱ", "t": "тτᴛ", "u": "սυᴜ", "v": "ѵνᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уүγʏ", "z": "ᴢ",
    "A": "АΑᎪ", "B": "ВΒᏴ", "C": "СϹᏟ", "D": "Ꭰ", "E": "ЕΕᎬ", "F": "Ϝ", "G": "ԌᏀ", "H": "НΗᎻ", "I": "ІΙӀ", "J": "ЈͿᎫ",
    "K": "КΚᏦ", "L": "Ꮮ", "M": "МΜᎷ", "N": "Ν", "O": "ОΟՕ", "P": "РΡᏢ", "Q": "Ԛ", "R": "Ꭱ", "S": "ЅՏᏚ", "T": "ТΤᎢ",
    "U": "Ս", "V": "ѴᏙ", "W": "ԜᎳ", "X": "ХΧ", "Y": "ҮΥ", "Z": "ΖᏃ",
}  # fmt: skip

LATIN = {ord(twin): latin for latin, twins in _SAME_SHAPE.items() for twin in twins}
"""Letters of Cyrillic, Greek, Armenian and Cherokee, and small capitals, with the Latin letter they are drawn like."""

TWINS = "".join(map(chr, sorted(LATIN)))

STYLED = (
    "\u2102\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212a-\u212d\u212f-\u2131\u2133\u2134\u2139\u2145-\u2149\u2460-"
    "\u24ff\u2776-\u2793\ufe6b\uff0b\uff10-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a\U0001ccd6-\U0001ccf9\U0001d400-\U0001d6a5"
    "\U0001f100-\U0001f10c\U0001f110-\U0001f189"
)
"""Letters, digits and signs of an address in another style (full width, bold, in a circle); the inside of a class."""

RAISED = "\xb2\xb3\xb9\u02b0-\u02b8\u02e1-\u02e3\u1d2c-\u1d6a\u2070-\u209c"
"""Superscript and subscript letters and digits; the inside of a class."""


def plain(character: str) -> str:
    """What stands for the character in ASCII, or else its compatibility form if that is one character, or itself."""
    if character.isascii():
        return character
    by_sight = _by_sight(character)
    if by_sight:
        return by_sight
    form = unicodedata.normalize("NFKC", character)
    if form == character:
        return character
    twin = "".join(_by_sight(part) or part for part in form)
    return twin if twin.isascii() or len(twin) == 1 else character


def _by_sight(character: str) -> str | None:
    return _BY_SIGHT.get(character) or _digit(character) or _in_a_row(ord(character))


def _digit(character: str) -> str | None:
    value = unicodedata.digit(character, None)
    return None if value is None else str(value)


def _in_a_row(code: int) -> str | None:
    for zero in NEWER_DIGITS:
        if zero <= code < zero + 10:
            return str(code - zero)
    for first, letter in _LETTERS_IN_A_ROW.items():
        if first <= code < first + 26:
            return chr(ord(letter) + code - first)
    return None


def members(inside: str) -> str:
    """The characters of a class, given its inside: single ones and ranges."""
    characters: list[str] = []
    place = 0
    while place < len(inside):
        if inside[place + 1 : place + 2] == "-":
            characters += map(chr, range(ord(inside[place]), ord(inside[place + 2]) + 1))
            place += 3
        else:
            characters.append(inside[place])
            place += 1
    return "".join(characters)


_BY_SIGHT = {
    **dict.fromkeys(members(SPACES), " "),
    **dict.fromkeys(members(DASHES), "-"),
    **dict.fromkeys(STOPS, "."),
    "\u2028": "\n",
    "\u2029": "\n",
    "\x85": "\n",
}
