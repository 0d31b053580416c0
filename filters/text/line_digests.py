"""Digests of the lines and paragraphs of texts, to tell which of them stand in other texts too.

They are told by their words as they are compared (`filters/text/folding.py`), so that case, accents, punctuation and
markup are of no matter. Lines are those of Python's `str.splitlines()`; a paragraph is what stands between lines
without words, however it is broken into lines. A digest has 64 bits: of a thousand million different lines, two have
one digest with a chance of 3 %.

Everything here is arithmetic on integers and depends on no library: digests stay comparable as long as ALGORITHM does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.compiled import compiled
from filters.text.folding import ALONE, PARTS, SKIPPED, Folding, folding
from filters.text.repetition import Hashes, mixed
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width
from filters.text.words import ends_line

ALGORITHM: Final = 1
"""Raised with every change after which the same line has another digest."""

Lengths = npt.NDArray[np.uint32]

_PRIME: Final = np.uint64(0x100000001B3)
_BASIS: Final = np.uint64(0xCBF29CE484222325)
_OF_LINE: Final = np.uint64(0x9E3779B97F4A7C15)
_OF_PARAGRAPH: Final = np.uint64(0xBF58476D1CE4E5B9)

_LINE_FEED: Final = 0x0A
_CARRIAGE_RETURN: Final = 0x0D


@dataclass(frozen=True, slots=True, eq=False)
class Digests:
    """Of pieces of some texts: text i has pieces `bounds[i]` up to, not including, `bounds[i + 1]`, in their order."""

    values: Hashes
    lengths: Lengths
    """Characters of the words of each."""
    bounds: Places

    @property
    def counts(self) -> Places:
        """Pieces of each text."""
        return np.diff(self.bounds)

    def packed(self) -> tuple[pl.Series, pl.Series]:
        """Values and lengths of each text, little-endian."""
        return _packed(self.values.astype("<u8"), self.bounds), _packed(self.lengths.astype("<u4"), self.bounds)


def line_digests(texts: Utf8, *, least: int) -> tuple[Places, Digests, Digests]:
    """Characters of the words of each text, its lines, and its paragraphs, of at least so many words."""
    characters, lines, paragraphs = _digests(texts.data, texts.offsets, folding(), least)
    return characters, Digests(*lines), Digests(*paragraphs)


def _packed(values: npt.NDArray[np.uint64] | Lengths, bounds: Places) -> pl.Series:
    raw, each = values.tobytes(), values.itemsize
    ends = (bounds * each).tolist()
    return pl.Series([raw[start:end] for start, end in pairwise(ends)], dtype=pl.Binary)


_Pieces = tuple[Hashes, Lengths, Places]


@compiled
def _digests(data: Bytes, offsets: Places, table: Folding, least: int) -> tuple[Places, _Pieces, _Pieces]:
    texts = len(offsets) - 1
    most = (offsets[-1] - offsets[0] + texts) // (2 * least)  # a word is a byte and what parts it from the next
    lines, line_lengths, line_bounds = _room(most, texts)
    paragraphs, paragraph_lengths, paragraph_bounds = _room(most, texts)
    characters = np.zeros(texts, dtype=np.int64)
    line_count, paragraph_count = 0, 0
    for text in range(texts):
        line_bounds[text], paragraph_bounds[text] = line_count, paragraph_count
        place, last = offsets[text], offsets[text + 1]
        word, is_open = _BASIS, False
        line, line_words, line_characters = _OF_LINE, 0, 0
        paragraph, paragraph_words, paragraph_characters = _OF_PARAGRAPH, 0, 0
        before = 0
        while place <= last:
            code = -1  # the end of the text
            plain = np.uint32(PARTS)
            ends = True
            if place < last:
                code = code_at(data, place)
                place += width(data[place])
                ends = ends_line(code)
                if not ends:
                    plain = table[code] if code < len(table) else np.uint32(SKIPPED)
            else:
                place += 1
            if plain == SKIPPED and not ends:
                before = code
                continue
            if plain != PARTS and not plain & ALONE:
                word = (word ^ np.uint64(plain)) * _PRIME
                is_open = True
                line_characters += 1
                before = code
                continue
            ended = 1 if is_open else 0
            alone = 1 if plain & ALONE else 0
            for one in range(ended + alone):
                if one == ended:
                    word = (_BASIS ^ np.uint64(plain)) * _PRIME
                    line_characters += 1
                value = mixed(word)
                line = (line ^ value) * _PRIME
                paragraph = (paragraph ^ value) * _PRIME
                line_words += 1
            word, is_open = _BASIS, False
            if ends and not (code == _LINE_FEED and before == _CARRIAGE_RETURN):
                if line_words >= least:
                    lines[line_count] = mixed(line)
                    line_lengths[line_count] = line_characters
                    line_count += 1
                paragraph_words += line_words
                paragraph_characters += line_characters
                if line_words == 0 or code < 0:
                    if paragraph_words >= least:
                        paragraphs[paragraph_count] = mixed(paragraph)
                        paragraph_lengths[paragraph_count] = paragraph_characters
                        paragraph_count += 1
                    characters[text] += paragraph_characters
                    paragraph, paragraph_words, paragraph_characters = _OF_PARAGRAPH, 0, 0
                line, line_words, line_characters = _OF_LINE, 0, 0
            before = code
    line_bounds[texts], paragraph_bounds[texts] = line_count, paragraph_count
    return (
        characters,
        (lines[:line_count].copy(), line_lengths[:line_count].copy(), line_bounds),
        (paragraphs[:paragraph_count].copy(), paragraph_lengths[:paragraph_count].copy(), paragraph_bounds),
    )


@compiled
def _room(pieces: int, texts: int) -> _Pieces:
    return np.empty(pieces, dtype=np.uint64), np.empty(pieces, dtype=np.uint32), np.empty(texts + 1, dtype=np.int64)
