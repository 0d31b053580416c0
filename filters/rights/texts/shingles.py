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

    `counted` are the places of the words that shingles are made of.
    """

    plain: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    counted: NDArray[np.int64]

    def shingles(self) -> NDArray[np.uint32]:
        """One for each counted word but the last four."""
        return hashes([self.words[place] for place in self.counted.tolist()])


def plain_text(text: str) -> str:
    """The text without notices of copyright and marks of comments, in lower case."""
    return "\n".join(terms_of(text)).casefold()


def words_of(text: str) -> Words:
    """The words of a plain text."""
    found = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    words = [_SAME.get(word, word) for word, _, _ in found]
    counted = [place for place, word in enumerate(words) if word and not _LISTED.fullmatch(word)]
    return Words(
        plain=text,
        words=words,
        starts=[start for _, start, _ in found],
        ends=[end for _, _, end in found],
        counted=np.array(counted, dtype=np.int64),
    )


def hashes(words: list[str]) -> NDArray[np.uint32]:
    count = len(words) - WIDTH + 1
    if count < 1:
        return np.empty(0, dtype=np.uint32)
    each = np.array([_hash(word) for word in words], dtype=np.uint64)
    mixed = sum((each[place : place + count] * factor for place, factor in enumerate(_FACTORS)), np.uint64(0))
    return np.asarray(mixed >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=20_000)
def _hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) + 1
