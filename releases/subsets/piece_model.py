"""A language model that is learned in seconds: how well one set of texts prepares for another, in bits per byte.

Pieces (`pieces.py`) are predicted from the two before them by interpolated Kneser-Ney smoothing (Chen and Goodman, "An
Empirical Study of Smoothing Techniques for Language Modeling", 1998, section 2.7; one discount for each order, Ney's
estimate n1 / (n1 + 2 n2)). What was never seen is spelled, byte by byte, by a model of the spelling of the pieces that
were: so every text has a probability, and texts that know few of its words pay for each. Learning adds to counts, so a
model that has learned some texts goes on with more, and the order of texts changes nothing.

It is a proxy, not the model that will be trained: `docs/subsets.md` says how its ranking of sizes was compared with
that of a small transformer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.repetition import mixed
from filters.text.utf8 import Bytes, Places, Utf8
from releases.subsets.pieces import end_of_piece, hash_of_piece, pieces_of

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.uint32]
Bits = npt.NDArray[np.float64]

_ORDER: Final = 3
"""Pieces of the longest runs that are counted."""

_BEGIN: Final = np.uint64(0xA0761D6478BD642F)
"""Stands for the pieces before the first."""

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_LAST: Final = 256
"""Beside the bytes, the sign that a piece ends."""

_SPELLED_BY: Final = 4
"""Bytes before a byte that its spelling goes by."""

_SPELLING_DISCOUNT: Final = 0.75

_MOST_DISCOUNT: Final = 0.95
"""Where all runs occur once, nothing would be left to them."""

_NEW_OF_PIECE: Final = 2 * (_SPELLED_BY + 1) * 33
"""More than the keys that one piece can add."""

_ROOM: Final = 1 << 16

Counted = tuple[Keys, Numbers, Places]
"""A table of counts by hash, open addressing, at most half full; 0 is no key. Of what others come after, the second
count is how many different ones do. The third is how many keys there are.
"""


@compiled_leaf
def _place(keys: Keys, key: np.uint64) -> int:
    """Where the key is, or would be."""
    mask = np.uint64(len(keys) - 1)
    at = np.int64(key & mask)
    while keys[at] != 0 and keys[at] != key:
        at = (at + 1) & np.int64(mask)
    return int(at)


@compiled
def _grown(keys: Keys, counts: Numbers) -> tuple[Keys, Numbers]:
    """The same table with twice the room."""
    more_keys = np.zeros(2 * len(keys), dtype=np.uint64)
    more_counts = np.zeros((2 * len(keys), 2), dtype=np.uint32)
    for one in range(len(keys)):
        if keys[one] != 0:
            at = _place(more_keys, keys[one])
            more_keys[at] = keys[one]
            more_counts[at] = counts[one]
    return more_keys, more_counts


@compiled_leaf
def _entered(keys: Keys, counts: Numbers, filled: Places, key: np.uint64) -> int:
    """Where the key is, from now on."""
    at = _place(keys, key)
    if keys[at] == 0:
        keys[at] = key
        filled[0] += 1
    counts[at, 0] += 1
    return at


@compiled_leaf
def _after(order: int, first: np.uint64, second: np.uint64) -> np.uint64:
    """The key of what a run of `order` pieces begins with: two pieces, one, or none."""
    value = np.uint64(order)
    if order >= 2:
        value = (value ^ second) * _STEP
    if order >= 3:
        value = mixed(value) ^ first
    return mixed(value * _STEP) | np.uint64(1)


@compiled_leaf
def _run(after: np.uint64, last: np.uint64) -> np.uint64:
    """The key of a run: what it begins with, and its last piece or byte."""
    return mixed((after ^ last) * _STEP) | np.uint64(1)


@compiled_leaf
def _spelling_after(data: Bytes, place: int, length: int) -> np.uint64:
    """The key of the `length` bytes before a place of a piece."""
    value = np.uint64(length)
    for before in range(place - length, place):
        value = value << np.uint64(8) | np.uint64(data[before])
    return mixed(value * _STEP) | np.uint64(1)


@compiled_leaf
def _learn_spelling(data: Bytes, place: int, end: int, keys: Keys, counts: Numbers, filled: Places) -> None:
    """Counts the bytes of a piece, each after as many bytes as it may go by, and after fewer."""
    for one in range(place, end + 1):
        byte = np.uint64(data[one]) if one < end else np.uint64(_LAST)
        for length in range(min(_SPELLED_BY, one - place) + 1):
            after = _spelling_after(data, one, length)
            at = _entered(keys, counts, filled, after)
            seen = _entered(keys, counts, filled, _run(after, byte))
            if counts[seen, 0] == 1:
                counts[at, 1] += 1


@compiled_leaf
def _spelled(data: Bytes, place: int, end: int, keys: Keys, counts: Numbers) -> float:
    """The chance of a piece by its spelling."""
    chance = 1.0
    for one in range(place, end + 1):
        byte = np.uint64(data[one]) if one < end else np.uint64(_LAST)
        of_byte = 1.0 / (_LAST + 1)
        for length in range(min(_SPELLED_BY, one - place) + 1):
            after = _spelling_after(data, one, length)
            at = _place(keys, after)
            if keys[at] == 0:
                break
            seen = float(counts[_place(keys, _run(after, byte)), 0])
            others = _SPELLING_DISCOUNT * float(counts[at, 1])
            of_byte = (max(seen - _SPELLING_DISCOUNT, 0.0) + others * of_byte) / float(counts[at, 0])
        chance *= of_byte
    return chance


@compiled
def _learn(data: Bytes, offsets: Places, runs: Counted, spelling: Counted, rare: Places) -> tuple[Counted, Counted]:
    """Counts each run of three as often as it occurs, shorter ones once for each different piece before them.

    `rare[order, n]` has how many runs have the count n, up to 3.
    """
    keys, counts, filled = runs
    spelling_keys, spelling_counts, spelling_filled = spelling
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        first, second = _BEGIN, _BEGIN
        while place < last:
            end = end_of_piece(data, place, last)
            piece = hash_of_piece(data, place, end)
            if 2 * (filled[0] + _NEW_OF_PIECE) > len(keys):
                keys, counts = _grown(keys, counts)
            is_new = True
            for order in range(_ORDER, 0, -1):
                at = _entered(keys, counts, filled, _after(order, first, second))
                of_run = _entered(keys, counts, filled, _run(keys[at], piece))
                seen = np.int64(counts[of_run, 0])
                if seen <= 3:
                    rare[order, seen] += 1
                    rare[order, seen - 1] -= 1
                is_new = seen == 1
                if not is_new:
                    break
                counts[at, 1] += 1
            if is_new:
                if 2 * (spelling_filled[0] + _NEW_OF_PIECE) > len(spelling_keys):
                    spelling_keys, spelling_counts = _grown(spelling_keys, spelling_counts)
                _learn_spelling(data, place, end, spelling_keys, spelling_counts, spelling_filled)
            first, second = second, piece
            place = end
    return (keys, counts, filled), (spelling_keys, spelling_counts, spelling_filled)


@compiled_leaf
def _chance(
    chance: float, keys: Keys, counts: Numbers, first: np.uint64, second: np.uint64, piece: np.uint64, discounts: Bits
) -> float:
    """That of a piece after two others, from that of its spelling."""
    for order in range(1, _ORDER + 1):
        after = _after(order, first, second)
        at = _place(keys, after)
        if keys[at] == 0:
            break
        seen = float(counts[_place(keys, _run(after, piece)), 0])
        others = discounts[order] * float(counts[at, 1])
        chance = (max(seen - discounts[order], 0.0) + others * chance) / float(counts[at, 0])
    return chance


@compiled
def _bits(data: Bytes, offsets: Places, runs: Counted, spelling: Counted, discounts: Bits) -> Bits:
    keys, counts, _ = runs
    spelling_keys, spelling_counts, _ = spelling
    bits = np.zeros(len(offsets) - 1, dtype=np.float64)
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        first, second = _BEGIN, _BEGIN
        while place < last:
            end = end_of_piece(data, place, last)
            piece = hash_of_piece(data, place, end)
            chance = _spelled(data, place, end, spelling_keys, spelling_counts)
            bits[text] -= np.log2(_chance(chance, keys, counts, first, second, piece, discounts))
            first, second = second, piece
            place = end
    return bits


@compiled
def _chances(data: Bytes, offsets: Places, many: int, runs: Counted, spelling: Counted, discounts: Bits) -> Bits:
    keys, counts, _ = runs
    spelling_keys, spelling_counts, _ = spelling
    chances = np.zeros(many, dtype=np.float64)
    one = 0
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        first, second = _BEGIN, _BEGIN
        while place < last:
            end = end_of_piece(data, place, last)
            piece = hash_of_piece(data, place, end)
            chance = _spelled(data, place, end, spelling_keys, spelling_counts)
            chances[one] = _chance(chance, keys, counts, first, second, piece, discounts)
            one += 1
            first, second = second, piece
            place = end
    return chances


def _table() -> Counted:
    return np.zeros(_ROOM, dtype=np.uint64), np.zeros((_ROOM, 2), dtype=np.uint32), np.zeros(1, dtype=np.int64)


@dataclass(slots=True, eq=False)
class PieceModel:
    """What was learned so far."""

    _runs: Counted = field(default_factory=_table)
    _spelling: Counted = field(default_factory=_table)
    _rare: Places = field(default_factory=lambda: np.zeros((_ORDER + 1, 4), dtype=np.int64))

    def learn(self, texts: Utf8) -> None:
        """Adds the texts to what is known."""
        self._runs, self._spelling = _learn(texts.data, texts.offsets, self._runs, self._spelling, self._rare)

    def bits(self, texts: Utf8) -> Bits:
        """How many bits each text takes: less its logarithm of probability, to base 2."""
        return _bits(texts.data, texts.offsets, self._runs, self._spelling, self._discounts())

    def chances(self, texts: Utf8) -> Bits:
        """The probability of each piece of the texts, one after the other; `pieces_of` has how many each has."""
        many = int(pieces_of(texts).sum())
        return _chances(texts.data, texts.offsets, many, self._runs, self._spelling, self._discounts())

    def _discounts(self) -> Bits:
        ones, twos = self._rare[:, 1].astype(np.float64), self._rare[:, 2].astype(np.float64)
        found = np.divide(ones, ones + 2 * twos, out=np.full(_ORDER + 1, _MOST_DISCOUNT), where=ones > 0)
        return np.asarray(np.minimum(found, _MOST_DISCOUNT), dtype=np.float64)
