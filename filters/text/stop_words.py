"""The share of a text's words that running text of a language cannot do without, for several languages at once."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places, Utf8
from filters.text.words import Pieces

STOP_WORDS: Final = Path(__file__).parents[1] / "data" / "stop_words.toml"

_LONGEST: Final = 16
"""Bytes of the longest stop word there may be."""

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class StopWords:
    """Stop words by hash: which languages each belongs to, one bit for each."""

    languages: tuple[str, ...]
    hashes: Hashes
    """Sorted."""
    masks: Places

    @classmethod
    @cache
    def read(cls) -> StopWords:
        """Those of the file that comes with Tamis."""
        lists: dict[str, list[str]] = tomllib.loads(STOP_WORDS.read_text(encoding="utf-8"))
        languages = tuple(lists)
        of_words = {
            word: sum(1 << at for at, each in enumerate(lists.values()) if word in each) for word in _all(lists)
        }
        texts = Utf8.of(pl.Series(list(of_words)))
        hashes = _hashes(texts.data, texts.offsets)
        order = np.argsort(hashes)
        return cls(languages, hashes[order], np.array(list(of_words.values()), dtype=np.int64)[order])

    def occurrences(self, texts: Utf8, words: Pieces) -> Places:
        """Texts x languages: how many words are stop words of each.

        ASCII letters are taken in lower case, others as they are.
        """
        return _occurrences(
            texts.data, words.starts, words.ends, words.bounds, self.hashes, self.masks, len(self.languages)
        )


def stop_words_sha256() -> str:
    """Of the file."""
    return hashlib.sha256(STOP_WORDS.read_bytes()).hexdigest()


def _all(lists: dict[str, list[str]]) -> Sequence[str]:
    return sorted({word for words in lists.values() for word in words})


@compiled
def _occurrences(
    data: Bytes, starts: Places, ends: Places, bounds: Places, hashes: Hashes, masks: Places, languages: int
) -> Places:
    found = np.zeros((len(bounds) - 1, languages), dtype=np.int64)
    filled = _filled(hashes)
    for text in range(len(bounds) - 1):
        for word in range(bounds[text], bounds[text + 1]):
            if ends[word] - starts[word] > _LONGEST:
                continue
            value = _hash(data, starts[word], ends[word])
            slot = value & np.uint64(4095)
            if not filled[slot]:
                continue
            place = np.searchsorted(hashes, value)
            if place < len(hashes) and hashes[place] == value:
                for language in range(languages):
                    found[text, language] += masks[place] >> language & 1
    return found


@compiled
def _filled(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """A table by the lowest 12 bits, so that most words are not searched for."""
    filled = np.zeros(4096, dtype=np.bool_)
    for value in hashes:
        filled[value & np.uint64(4095)] = True
    return filled


@compiled
def _hashes(data: Bytes, offsets: Places) -> Hashes:
    hashes = np.empty(len(offsets) - 1, dtype=np.uint64)
    for word in range(len(hashes)):
        hashes[word] = _hash(data, offsets[word], offsets[word + 1])
    return hashes


@compiled_leaf
def _hash(data: Bytes, start: int, end: int) -> np.uint64:
    """FNV-1a of the word with its ASCII letters in lower case."""
    value = np.uint64(0xCBF29CE484222325)
    for place in range(start, end):
        byte = data[place]
        byte = np.uint8(byte | 0x20) if 0x41 <= byte <= 0x5A else byte
        value = (value ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return value ^ (value >> np.uint64(32))
