"""MinHash: what share of their runs of words two texts have in common, told by a few numbers of each.

A text's words are folded (`filters/text/folding.py`), every run of consecutive words (a shingle) is hashed to 32 bits,
and of each of many permutations of those hashes the least value stays. Two texts have the same least value with the
chance that is their Jaccard similarity, the shingles that both have by those that either has (Broder, "On the
resemblance and containment of documents", 1997); the share of equal values estimates it, with a standard deviation of
at most 0.5 by the square root of their number.

Everything here is arithmetic on integers and depends on no library: hashes stay comparable as long as ALGORITHM does.
A permutation is `(x XOR mask) * multiplier` modulo 2^32, with an odd multiplier.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from filters.text.folding import ALONE, PARTS, SKIPPED, Folding
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width

ALGORITHM: Final = 1
"""Raised with every change after which the same text has other hashes."""

SEED: Final = 1

Hashes = npt.NDArray[np.uint32]
Words = npt.NDArray[np.uint64]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_FNV: Final = np.uint64(0x100000001B3)
_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)
_S32: Final = np.uint64(32)

_TOGETHER: Final = 512
"""Shingles that are hashed before the minima are looked at, so that they stay in the processor's nearest memory."""


def permutations(count: int) -> Hashes:
    """Masks, and under them odd multipliers: from SplitMix64 (Steele, Lea and Flood, 2014), not from a library."""
    state, drawn = SEED, []
    for _ in range(count):
        state = (state + int(_STEP)) % 2**64
        mixed = (state ^ state >> 30) * int(_MIX_1) % 2**64
        mixed = (mixed ^ mixed >> 27) * int(_MIX_2) % 2**64
        drawn.append(mixed ^ mixed >> 31)
    return np.array([[each >> 32 for each in drawn], [each % 2**32 | 1 for each in drawn]], dtype=np.uint32)


def minhashes(texts: Utf8, folding: Folding, *, shingle: int, count: int) -> tuple[Places, Hashes, Words]:
    """How many words each text has, its minima, texts x `count`, and a digest of all its words in order, texts x 2.

    What a text without words has means nothing.

    Args:
        texts: the texts.
        folding: what each code point is to words.
        shingle: words in a run; a text with fewer has one run, of all of them.
        count: how many minima.
    """
    words, minima, digests = _minhashes(texts.data, texts.offsets, folding, permutations(count), shingle)
    return words, minima, digests


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _S30)) * _MIX_1
    value = (value ^ (value >> _S27)) * _MIX_2
    return value ^ (value >> _S31)


@compiled
def _lower(minima: Hashes, shingles: Hashes, permutations: Hashes) -> None:
    """Takes down the minima where a shingle is below them: permutation by permutation, which is done in lanes."""
    for place in range(len(minima)):
        mask, multiplier, least = permutations[0, place], permutations[1, place], minima[place]
        for one in range(len(shingles)):  # by index: over the values themselves it is not done in lanes
            least = min(least, np.uint32(np.uint32(shingles[one] ^ mask) * multiplier))
        minima[place] = least


@compiled
def _hash_of(ring: Words, first: int, count: int) -> np.uint32:
    """Of `count` words, of which the first is word number `first`."""
    together = np.uint64(count)
    for one in range(first, first + count):
        together = (together ^ ring[one % len(ring)]) * _FNV
    return np.uint32(_mixed(together) >> _S32)


@compiled
def _minhashes(
    data: Bytes, offsets: Places, folding: Folding, permutations: Hashes, length: int
) -> tuple[Places, Hashes, Words]:
    words = np.zeros(len(offsets) - 1, dtype=np.int64)
    minima = np.full((len(offsets) - 1, permutations.shape[1]), 0xFFFFFFFF, dtype=np.uint32)
    digests = np.empty((len(offsets) - 1, 2), dtype=np.uint64)
    ring = np.zeros(length, dtype=np.uint64)
    waiting = np.empty(_TOGETHER, dtype=np.uint32)
    for text in range(len(offsets) - 1):
        place, last = offsets[text], offsets[text + 1]
        count, filled = 0, 0
        word = _OFFSET
        high, low = _OFFSET, _STEP
        while place <= last:
            folded = np.int64(PARTS)
            if place < last:
                code = int(data[place])
                if code < 0x80:
                    place += 1
                else:
                    code = code_at(data, place)
                    place += width(data[place])
                folded = np.int64(folding[code]) if code < len(folding) else np.int64(SKIPPED)
                if folded == SKIPPED:
                    continue
                if folded != PARTS and not folded & ALONE:
                    word = (word ^ np.uint64(folded)) * _FNV
                    continue
            else:
                place += 1
            ended = 1 if word != _OFFSET else 0
            for one in range(ended + (1 if folded & ALONE else 0)):
                if one == ended:
                    word = (_OFFSET ^ np.uint64(folded)) * _FNV
                value = _mixed(word)
                high, low = (high ^ value) * _FNV, (low ^ value) * _MIX_2
                ring[count % length] = value
                count += 1
                if count >= length:
                    waiting[filled] = _hash_of(ring, count - length, length)
                    filled += 1
                    if filled == _TOGETHER:
                        _lower(minima[text], waiting, permutations)
                        filled = 0
            word = _OFFSET
        if 0 < count < length:
            waiting[0] = _hash_of(ring, 0, count)
            filled = 1
        _lower(minima[text], waiting[:filled], permutations)
        words[text] = count
        digests[text, 0], digests[text, 1] = _mixed(high), _mixed(low)
    return words, minima, digests
