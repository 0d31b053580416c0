"""What words and pairs of words a text is made of, counted in buckets: the features that texts are compared by.

Words are the pieces of `pieces.py` without the blank before them, in lower case as far as they are ASCII; white space
is none. Every word, and every pair of neighbours, falls by its hash into one of BUCKETS (hashed n-grams as in Xie et
al., "Data Selection for Language Models via Importance Resampling", 2023, section 3, who have 10,000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.repetition import mixed
from filters.text.utf8 import Bytes, Places, Utf8
from releases.subsets.pieces import end_of_piece, pieces_of

ALGORITHM: Final = 2
"""Raised with every change after which the same recipe chooses others of the same items."""

BUCKETS: Final = 1 << 16

Weights = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_BLANK: Final = 0x20
_MASK: Final = np.uint64(BUCKETS - 1)
_FNV: Final = np.uint64(0x100000001B3)
_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_PAIR: Final = np.uint64(0x9E3779B97F4A7C15)


@compiled_leaf
def _word(data: Bytes, place: int, end: int) -> np.uint64:
    """The hash of the piece as a word; 0 where it is white space."""
    value, seen = _OFFSET, False
    for one in range(place, end):
        byte = data[one]
        if byte <= _BLANK:
            continue
        seen = True
        lower = byte | np.uint8(0x20) if 0x41 <= byte <= 0x5A else byte
        value = (value ^ np.uint64(lower)) * _FNV
    return mixed(value) | np.uint64(1) if seen else np.uint64(0)


@compiled
def _count(data: Bytes, offsets: Places, into: Counts) -> None:
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        before = np.uint64(0)
        while place < last:
            end = end_of_piece(data, place, last)
            word = _word(data, place, end)
            place = end
            if word == 0:
                continue
            into[np.int64(word >> np.uint64(1) & _MASK)] += 1
            if before != 0:
                into[np.int64(mixed(before * _PAIR ^ word) & _MASK)] += 1
            before = word


@compiled
def _mean(data: Bytes, offsets: Places, weights: Weights, into: Weights) -> None:
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        before, total, count = np.uint64(0), 0.0, 0
        while place < last:
            end = end_of_piece(data, place, last)
            word = _word(data, place, end)
            place = end
            if word == 0:
                continue
            total += weights[np.int64(word >> np.uint64(1) & _MASK)]
            count += 1
            if before != 0:
                total += weights[np.int64(mixed(before * _PAIR ^ word) & _MASK)]
                count += 1
            before = word
        into[text] = total / count if count else np.nan


def counted(texts: Utf8, into: Counts) -> None:
    """Adds the grams of the texts to `into`, one number for each bucket."""
    _count(texts.data, texts.offsets, into)


def mean_weight(texts: Utf8, weights: Weights) -> Weights:
    """The mean weight of each text's grams; NaN of one that has none. The same for any batch a text is in."""
    means = np.empty(len(texts), dtype=np.float64)
    _mean(texts.data, texts.offsets, weights, means)
    return means


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Passages as the grams they have: of passage i, `buckets` and their `shares` from `offsets[i]` to the next."""

    offsets: Counts
    buckets: Counts
    shares: Weights

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def together(cls, parts: Sequence[Passages]) -> Passages:
        """All of some, one after the other."""
        ends = np.cumsum([0, *(part.offsets[-1] for part in parts)])
        offsets = [part.offsets[1:] + end for part, end in zip(parts, ends[:-1], strict=True)]
        return cls(
            np.concatenate([np.zeros(1, dtype=np.int64), *offsets]),
            np.concatenate([np.empty(0, dtype=np.int64), *(part.buckets for part in parts)]),
            np.concatenate([np.empty(0), *(part.shares for part in parts)]),
        )

    def at(self, places: Counts) -> Passages:
        """Those at these places, in their order."""
        lengths = np.diff(self.offsets)[places]
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        taken = np.repeat(self.offsets[:-1][places], lengths) + inside
        return Passages(offsets, self.buckets[taken], self.shares[taken])


_PASSAGE: Final = 512
"""Grams of a passage: half as many words."""


def passages_of(texts: Utf8, *, most: int) -> Passages:
    """The first passages of each text, as many as `most`; what is left at its end is one if it is half as long."""
    return Passages(*_passages(texts.data, texts.offsets, most))


_OF_TEXT: Final = 1 << 16
"""Grams that a text is told by; what comes later in it is not looked at."""


def bags_of(texts: Utf8) -> Passages:
    """One passage of each text, which has all its grams, and none where it has no word."""
    return Passages(*_bags(texts.data, texts.offsets, int(np.minimum(2 * pieces_of(texts), _OF_TEXT + 1).sum())))


@compiled
def _bags(data: Bytes, offsets: Places, room: int) -> tuple[Counts, Counts, Weights]:
    buckets, shares = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.float64)
    ends = np.zeros(len(offsets), dtype=np.int64)
    grams = np.empty(_OF_TEXT + 1, dtype=np.int64)
    filled = 0
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        before, count = np.uint64(0), 0
        while place < last and count < _OF_TEXT:
            end = end_of_piece(data, place, last)
            word = _word(data, place, end)
            place = end
            if word == 0:
                continue
            grams[count] = np.int64(word >> np.uint64(1) & _MASK)
            count += 1
            if before != 0:
                grams[count] = np.int64(mixed(before * _PAIR ^ word) & _MASK)
                count += 1
            before = word
        filled = _fill(np.sort(grams[:count]), buckets, shares, filled)
        ends[text + 1] = filled
    return ends, buckets[:filled].copy(), shares[:filled].copy()


@compiled
def _fill(grams: Counts, buckets: Counts, shares: Weights, filled: int) -> int:
    """Writes each different one of some sorted grams with its share of them; returns what is filled then."""
    one = 0
    while one < len(grams):
        after = one
        while after < len(grams) and grams[after] == grams[one]:
            after += 1
        buckets[filled], shares[filled] = grams[one], (after - one) / len(grams)
        filled += 1
        one = after
    return filled


@compiled
def _passages(data: Bytes, offsets: Places, most: int) -> tuple[Counts, Counts, Weights]:
    buckets = np.empty(len(offsets) * most * _PASSAGE, dtype=np.int64)
    shares = np.empty(len(buckets), dtype=np.float64)
    ends = np.zeros(len(offsets) * most + 1, dtype=np.int64)
    grams = np.empty(_PASSAGE + 1, dtype=np.int64)
    found, filled = 0, 0
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        before, count, of_text = np.uint64(0), 0, 0
        while of_text < most and (place < last or 2 * count >= _PASSAGE or (of_text == 0 and count > 0)):
            if place < last and count < _PASSAGE:
                end = end_of_piece(data, place, last)
                word = _word(data, place, end)
                place = end
                if word == 0:
                    continue
                grams[count] = np.int64(word >> np.uint64(1) & _MASK)
                count += 1
                if before != 0:
                    grams[count] = np.int64(mixed(before * _PAIR ^ word) & _MASK)
                    count += 1
                before = word
                continue
            filled = _fill(np.sort(grams[:count]), buckets, shares, filled)
            found += 1
            ends[found] = filled
            of_text += 1
            count = 0
    return ends[: found + 1].copy(), buckets[:filled].copy(), shares[:filled].copy()
