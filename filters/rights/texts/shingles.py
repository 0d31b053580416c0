"""Cuts a text into words and hashes every five that follow one another, the same for stored and for found texts.

Notices of copyright and marks of comments are left out, as are numbers and letters that may number a list. A hash is 32
bits, made of the words' CRC-32 and five odd factors; a text of a thousand words meets one of the index by chance in a
few of a hundred cases, which alone is no likeness.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from filters.rights.texts.known import terms_of

WIDTH = 5
"""Words in a shingle."""

_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)+|[^\W_]+(?:['’](?=\w)[^\W_]+)?")
_LISTED = re.compile(r"[0-9]{1,2}|[^\W\d_]|[ivx]{1,4}")
_FACTORS = tuple(
    np.uint64(factor)
    for factor in (
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
    )
)
_SAME = {"licence": "license", "licences": "licenses", "licenced": "licensed", "https": "http", "sub": ""}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in lower case, and where each begins and ends in `plain`.

    `counted` are the places of the words that shingles are made of; there is a shingle for each but the last four.
    """

    plain: str
    words: list[str]
    spans: list[tuple[int, int]]
    counted: NDArray[np.int64]
    shingles: NDArray[np.uint32]


def plain_text(text: str) -> str:
    """The text without notices of copyright and marks of comments, in lower case."""
    return "\n".join(terms_of(text)).casefold()


def words_of(text: str) -> Words:
    """The words of a plain text."""
    found = list(_WORD.finditer(text))
    known = [_known(match.group()) for match in found]
    hashed = np.array([each for _, each in known], dtype=np.uint64)
    counted = np.flatnonzero(hashed)
    return Words(
        plain=text,
        words=[word for word, _ in known],
        spans=[match.span() for match in found],
        counted=counted,
        shingles=_shingles(hashed[counted]),
    )


def _shingles(hashed: NDArray[np.uint64]) -> NDArray[np.uint32]:
    count = len(hashed) - WIDTH + 1
    if count < 1:
        return np.empty(0, dtype=np.uint32)
    mixed = hashed[:count] * _FACTORS[0]
    for place, factor in enumerate(_FACTORS[1:], start=1):
        mixed += hashed[place : place + count] * factor
    return (mixed >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=20_000)
def _known(word: str) -> tuple[str, int]:
    """The word as it is compared, and its hash; 0 for one that may number a list."""
    same = _SAME.get(word, word)
    if not same or _LISTED.fullmatch(same):
        return same, 0
    return same, zlib.crc32(same.encode("utf-8", "surrogatepass")) + 1
