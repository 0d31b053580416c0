"""Cuts a text into words and hashes every five that follow one another, the same for stored and for found texts.

Notices of copyright and marks of comments are left out, as are numbers and letters that may number a list. A hash is 32
bits, made of the words' CRC-32 and five odd factors; a text of a thousand words meets one of the index by chance in a
few of a hundred cases, which alone is no likeness.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a text: word k is the characters `starts[k]` to before `ends[k]` of `plain`.

    `counted` are the places of the words that shingles are made of; there is a shingle for each but the last four.
    """

    plain: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    counted: NDArray[np.int64]
    shingles: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.starts)

    def word(self, place: int) -> str:
        """As words are compared."""
        word = self.plain[self.starts[place] : self.ends[place]]
        return _SAME.get(word, word)

    def all(self) -> list[str]:
        """Every word as words are compared."""
        words = [self.plain[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]
        return [_SAME.get(word, word) for word in words]

    def start(self, place: int) -> int:
        return int(self.starts[place])

    def end(self, place: int) -> int:
        return int(self.ends[place])


def plain_text(text: str) -> str:
    """The text without notices of copyright and marks of comments, in lower case."""
    return "\n".join(terms_of(text)).casefold()


def words_of(text: str) -> Words:
    """The words of a plain text."""
    found = [match.span() for match in _WORD.finditer(text)]
    spans = np.array(found, dtype=np.int64).reshape(-1, 2)
    hashed = np.array([_hash(text[start:end]) for start, end in found], dtype=np.uint64)
    counted = np.flatnonzero(hashed)
    return Words(text, spans[:, 0], spans[:, 1], counted, _shingles(hashed[counted]))


def shingles_of(text: str) -> NDArray[np.uint32]:
    """Those of `words_of`, without the places of words: in a tenth of the time."""
    return _shingles(np.frombuffer(_hashed(text), dtype="<u8"))


def shingles_of_all(texts: Iterable[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The shingles of all texts, and of each the number of its text."""
    hashed = [_hashed(text) for text in texts]
    text_of = np.repeat(np.arange(len(hashed)), [len(each) // 8 for each in hashed])
    within = text_of[: 1 - WIDTH] == text_of[WIDTH - 1 :]
    return _shingles(np.frombuffer(b"".join(hashed), dtype="<u8"))[within], text_of[: len(within)][within]


def _hashed(text: str) -> bytes:
    """The hashes of the counted words.

    The text is cut where no word can go on; what stands between is hashed by itself, and remembered: texts repeat it.
    """
    runs = text.encode("utf-8", "surrogatepass").translate(_CUT).split()
    return b"".join(map(_REMEMBERED.__getitem__, runs))


_CUT = bytes(byte if byte >= 0x80 or chr(byte).isalnum() or chr(byte) in ".'" else ord(" ") for byte in range(256))
"""Each byte of ASCII that is in no word, made a space."""


class _Hashes(dict[bytes, bytes]):
    """The hashes of the counted words in a run, eight bytes each."""

    def __missing__(self, run: bytes) -> bytes:
        words = _WORD.findall(run.decode("utf-8", "surrogatepass"))
        hashed = b"".join([each.to_bytes(8, "little") for each in map(_hash, words) if each])
        if len(run) <= _LONGEST_RUN:
            if len(self) >= _MOST_RUNS:
                self.clear()
            self[run] = hashed
        return hashed


_REMEMBERED = _Hashes()
_MOST_RUNS = 100_000
_LONGEST_RUN = 40
"""Longer ones are hashed anew, so that little is kept whatever a corpus holds."""


def _shingles(hashed: NDArray[np.uint64]) -> NDArray[np.uint32]:
    count = len(hashed) - WIDTH + 1
    if count < 1:
        return np.empty(0, dtype=np.uint32)
    mixed = hashed[:count] * _FACTORS[0]
    for place, factor in enumerate(_FACTORS[1:], start=1):
        mixed += hashed[place : place + count] * factor
    return (mixed >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=20_000)
def _hash(word: str) -> int:
    """0 for a word that may number a list."""
    same = _SAME.get(word, word)
    if not same or _LISTED.fullmatch(same):
        return 0
    return zlib.crc32(same.encode("utf-8", "surrogatepass")) + 1
