"""Counts over characters and pieces, for each text of a batch."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.classes import Classes
from filters.text.compiled import compiled
from filters.text.utf8 import Bytes, Places, Utf8, code_at, is_space, width
from filters.text.words import Pieces, stripped

Bits = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

_KINDS: Final = 8


def kinds_of_characters(texts: Utf8, table: Classes) -> Places:
    """Texts x 8: how many characters have each bit of the table, lowest bit first."""
    return _kinds_of_characters(texts.data, texts.offsets, table)


def kinds_of_pieces(texts: Utf8, pieces: Pieces, table: Classes) -> Bits:
    """Of each piece the bits that any of its characters has."""
    return _kinds_of_pieces(texts.data, pieces.starts, pieces.ends, table)


def words_within(texts: Utf8, pieces: Pieces) -> tuple[Places, Places]:
    """Of each piece how many words of `str.split()` it has, and the code points of the longest."""
    return _words_within(texts.data, pieces.starts, pieces.ends)


def edges(texts: Utf8, pieces: Pieces, *, strip: bool) -> tuple[Places, Places, npt.NDArray[np.bool_]]:
    """Of each piece its first and its last code point, -1 if it is empty, and whether it ends in three full stops.

    Args:
        texts: the texts.
        pieces: mostly lines.
        strip: whether white space at both ends is left out first.
    """
    return _edges(texts.data, pieces.starts, pieces.ends, strip)


def summed(values: npt.NDArray[np.generic], pieces: Pieces) -> Places:
    """Of each text the sum over its pieces; of booleans how many are true."""
    return _summed(values, pieces.bounds)


def highest(values: Places, pieces: Pieces) -> Numbers:
    """Of each text the highest over its pieces; NaN where it has none."""
    return _highest(values, pieces.bounds)


def medians(values: Places, pieces: Pieces) -> Numbers:
    """Of each text the median over its pieces, of an even number the mean of both in the middle; NaN for none."""
    return _medians(values, pieces.bounds)


def how_many_occur(hashes: npt.NDArray[np.uint64], pieces: Pieces, wanted: npt.NDArray[np.uint64]) -> Places:
    """Of each text how many of the wanted pieces, up to 64 of them, occur in it."""
    return _how_many_occur(hashes, pieces.bounds, wanted)


def ratio(parts: npt.NDArray[np.generic], whole: npt.NDArray[np.generic]) -> Numbers:
    """NaN where the whole is nothing."""
    above = np.asarray(parts, dtype=np.float64)
    found: Numbers = np.divide(above, whole, out=np.full(len(above), np.nan), where=np.asarray(whole) != 0)
    return found


@compiled
def _kinds_of_characters(data: Bytes, offsets: Places, table: Classes) -> Places:
    found = np.zeros((len(offsets) - 1, _KINDS), dtype=np.int64)
    for text in range(len(offsets) - 1):
        seen = np.zeros(256, dtype=np.int64)
        place, last = offsets[text], offsets[text + 1]
        while place < last:
            seen[table[np.uint64(code_at(data, place))]] += 1
            place += width(data[np.uint64(place)])
        for bits in range(256):
            for kind in range(_KINDS):
                if bits >> kind & 1:
                    found[text, kind] += seen[bits]
    return found


@compiled
def _kinds_of_pieces(data: Bytes, starts: Places, ends: Places, table: Classes) -> Bits:
    some = np.empty(len(starts), dtype=np.uint8)
    for piece in range(len(starts)):
        bits = np.uint8(0)
        place, last = starts[piece], ends[piece]
        while place < last:
            bits |= table[np.uint64(code_at(data, place))]
            place += width(data[np.uint64(place)])
        some[piece] = bits
    return some


@compiled
def _words_within(data: Bytes, starts: Places, ends: Places) -> tuple[Places, Places]:
    counts = np.zeros(len(starts), dtype=np.int64)
    longest = np.zeros(len(starts), dtype=np.int64)
    for piece in range(len(starts)):
        place, length = starts[piece], 0
        while place < ends[piece]:
            if is_space(code_at(data, place)):
                length = 0
            else:
                counts[piece] += length == 0
                length += 1
                longest[piece] = max(longest[piece], length)
            place += width(data[np.uint64(place)])
    return counts, longest


@compiled
def _edges(data: Bytes, starts: Places, ends: Places, strip: bool) -> tuple[Places, Places, npt.NDArray[np.bool_]]:
    firsts = np.full(len(starts), -1, dtype=np.int64)
    lasts = np.full(len(starts), -1, dtype=np.int64)
    dotted = np.zeros(len(starts), dtype=np.bool_)
    for piece in range(len(starts)):
        start, end = starts[piece], ends[piece]
        if strip:
            start, end = stripped(data, start, end)
        if start == end:
            continue
        firsts[piece] = code_at(data, start)
        place = end - 1
        while data[place] & 0xC0 == 0x80:
            place -= 1
        lasts[piece] = code_at(data, place)
        dotted[piece] = end - start >= 3 and data[end - 1] == data[end - 2] == data[end - 3] == 0x2E
    return firsts, lasts, dotted


@compiled
def _how_many_occur(hashes: npt.NDArray[np.uint64], bounds: Places, wanted: npt.NDArray[np.uint64]) -> Places:
    found = np.zeros(len(bounds) - 1, dtype=np.int64)
    may_be = np.zeros(1024, dtype=np.bool_)  # by the lowest bits, so that most pieces are compared with none
    for value in wanted:
        may_be[value & np.uint64(1023)] = True
    for text in range(len(bounds) - 1):
        occurs = np.zeros(len(wanted), dtype=np.bool_)
        for piece in range(bounds[text], bounds[text + 1]):
            if may_be[hashes[piece] & np.uint64(1023)]:
                for place in range(len(wanted)):
                    occurs[place] |= hashes[piece] == wanted[place]
        found[text] = occurs.sum()
    return found


@compiled
def _summed(values: npt.NDArray[np.generic], bounds: Places) -> Places:
    found = np.zeros(len(bounds) - 1, dtype=np.int64)
    for text in range(len(bounds) - 1):
        for piece in range(bounds[text], bounds[text + 1]):
            found[text] += values[piece]
    return found


@compiled
def _highest(values: Places, bounds: Places) -> Numbers:
    found = np.full(len(bounds) - 1, np.nan)
    for text in range(len(bounds) - 1):
        if bounds[text + 1] > bounds[text]:
            found[text] = values[bounds[text] : bounds[text + 1]].max()
    return found


@compiled
def _medians(values: Places, bounds: Places) -> Numbers:
    found = np.full(len(bounds) - 1, np.nan)
    for text in range(len(bounds) - 1):
        first, last = bounds[text], bounds[text + 1]
        if last > first:
            found[text] = np.median(values[first:last])
    return found
