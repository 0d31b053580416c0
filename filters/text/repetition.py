"""How much of a text repeats itself: lines and paragraphs that were there before, and runs of words.

Pieces are compared by a 64-bit hash of their bytes. Two that differ have one hash with a chance of 5e-20; a text made
to have such pairs gains a higher share of repetition and nothing else.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places, Utf8
from filters.text.words import Pieces

Hashes = npt.NDArray[np.uint64]
Small = npt.NDArray[np.int32]

LONGEST: Final = 10
"""Words in the longest run that is looked at."""

TOP: Final = (2, 3, 4)
DUPLICATED: Final = (5, 6, 7, 8, 9, 10)

_PRIME: Final = np.uint64(0xFF51AFD7ED558CCD)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_ONES: Final = np.uint64(0x0101010101010101)


def hashes_and_lengths(texts: Utf8, pieces: Pieces) -> tuple[Hashes, Places]:
    """Of each piece a hash of 64 bits and its length in code points."""
    return _hashes_and_lengths(texts.data, pieces.starts, pieces.ends)


def duplicates(hashes: Hashes, lengths: Places, bounds: Places) -> Places:
    """Of each text, texts x 4: pieces that were there before, their characters, pieces of which there are several
    (the first of them too), their characters.
    """
    return _duplicates(hashes, lengths, bounds)


def runs_of_words(hashes: Hashes, lengths: Places, bounds: Places) -> tuple[Places, Places, Places, Places]:
    """What runs of n words repeat in each text; characters are those of the words alone.

    Returns:
        top: texts x 3, characters of all occurrences of the run of 2, 3, 4 words that occurs most often; of several the
            one that comes first. 0 where the text has no such run.
        top_counts: texts x 3, how often it occurs.
        greedy: texts x 6, characters of the runs of 5 to 10 words that occurred before, read from left to right: after
            such a run reading goes on behind it.
        every: texts x 6, characters of all occurrences of runs that occur several times, overlaps counted each time.
    """
    return _runs_of_words(hashes, lengths, bounds)


def characters_of_runs(lengths: Places, bounds: Places) -> Places:
    """Texts x 6: characters of the words of all runs of 5 to 10 words, overlaps counted each time."""
    return _characters_of_runs(lengths, bounds)


@compiled
def _hashes_and_lengths(data: Bytes, starts: Places, ends: Places) -> tuple[Hashes, Places]:
    hashes = np.empty(len(starts), dtype=np.uint64)
    lengths = np.empty(len(starts), dtype=np.int64)
    for piece in range(len(starts)):
        place, end = starts[piece], ends[piece]
        value = np.uint64(end - place) * _MIX
        continued = np.uint64(0)  # bytes that begin no character
        while end - place >= 8:  # each run of eight bytes is mixed into what was before
            eight = _eight(data, place)
            value = (value ^ eight) * _PRIME
            value ^= value >> np.uint64(32)
            continued += (_continued(eight) * _ONES) >> np.uint64(56)
            place += 8
        rest = np.uint64(0)
        if place < end and place + 8 <= len(data):  # the bytes behind the end are shifted out
            rest = _eight(data, place) << np.uint64(8 * (8 - (end - place)))
        else:
            while place < end:
                rest = rest >> np.uint64(8) | np.uint64(data[place]) << np.uint64(56)
                place += 1
        hashes[piece] = mixed(value ^ rest * _MIX)
        lengths[piece] = end - starts[piece] - np.int64(continued + ((_continued(rest) * _ONES) >> np.uint64(56)))
    return hashes, lengths


@compiled_leaf
def _continued(eight: np.uint64) -> np.uint64:
    """Of each of eight bytes 1 if it is 10xxxxxx, which begins no character, else 0."""
    return ((eight & ~(eight << np.uint64(1))) >> np.uint64(7)) & _ONES


@compiled_leaf
def _eight(data: Bytes, place: int) -> np.uint64:
    """Little-endian. Places without a sign need no look whether they count from the end, and so it is one load."""
    at = np.uint64(place)
    word = np.uint64(data[at])
    word |= np.uint64(data[at + np.uint64(1)]) << np.uint64(8)
    word |= np.uint64(data[at + np.uint64(2)]) << np.uint64(16)
    word |= np.uint64(data[at + np.uint64(3)]) << np.uint64(24)
    word |= np.uint64(data[at + np.uint64(4)]) << np.uint64(32)
    word |= np.uint64(data[at + np.uint64(5)]) << np.uint64(40)
    word |= np.uint64(data[at + np.uint64(6)]) << np.uint64(48)
    word |= np.uint64(data[at + np.uint64(7)]) << np.uint64(56)
    return word


@compiled_leaf
def mixed(value: np.uint64) -> np.uint64:
    """Spreads every bit over all: the last steps of MurmurHash3."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@compiled
def _slots(most: int) -> int:
    """Of a table with room for twice that."""
    slots = 16
    while slots < 2 * most:
        slots *= 2
    return slots


@compiled_leaf
def _slot_of(value: np.uint64, keys: Hashes, counts: Small, used: int) -> np.uint64:
    """Where a value is, or is to be put: tables are probed one slot after the other."""
    last = np.uint64(used - 1)
    slot = value & last
    while counts[slot] > 0 and keys[slot] != value:
        slot = (slot + np.uint64(1)) & last
    return slot


@compiled
def _longest(bounds: Places) -> int:
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    return longest


@compiled
def _duplicates(hashes: Hashes, lengths: Places, bounds: Places) -> Places:
    found = np.zeros((len(bounds) - 1, 4), dtype=np.int64)
    slots = _slots(_longest(bounds))
    keys = np.empty(slots, dtype=np.uint64)
    counts = np.empty(slots, dtype=np.int32)
    for text in range(len(bounds) - 1):
        used = _slots(bounds[text + 1] - bounds[text])
        counts[:used] = 0
        for piece in range(bounds[text], bounds[text + 1]):
            slot = _slot_of(hashes[piece], keys, counts, used)
            keys[slot] = hashes[piece]
            counts[slot] += 1
            if counts[slot] == 1:
                continue
            found[text, 0] += 1
            found[text, 1] += lengths[piece]
            found[text, 2] += 2 if counts[slot] == 2 else 1
            found[text, 3] += lengths[piece] * (2 if counts[slot] == 2 else 1)
    return found


@compiled
def _runs_of_words(hashes: Hashes, lengths: Places, bounds: Places) -> tuple[Places, Places, Places, Places]:
    """Runs of n words are looked for only where the run of n - 1 that they begin with occurs several times."""
    texts = len(bounds) - 1
    top, top_counts = np.zeros((texts, 3), dtype=np.int64), np.zeros((texts, 3), dtype=np.int64)
    greedy, every = np.zeros((texts, 6), dtype=np.int64), np.zeros((texts, 6), dtype=np.int64)
    longest = _longest(bounds)
    slots = _slots(longest)
    keys = np.empty(slots, dtype=np.uint64)
    counts = np.empty(slots, dtype=np.int32)
    runs = np.empty(longest, dtype=np.uint64)  # the hash of the run that begins at each place
    placed = np.empty(longest, dtype=np.int32)  # its slot
    places = np.empty(longest, dtype=np.int32)  # where a run may occur several times, ascending
    until = np.zeros(longest + 1, dtype=np.int64)  # characters before each word
    for text in range(texts):
        first, words = bounds[text], bounds[text + 1] - bounds[text]
        for word in range(words):
            runs[word] = hashes[first + word]
            places[word] = word
            until[word + 1] = until[word] + lengths[first + word]
        left = words
        for n in range(2, LONGEST + 1):
            if n > words:
                break
            left = _longer(runs, places, left, hashes, first, words, n)
            used = _slots(left)
            _count(runs, places, left, keys, counts, placed, used)
            if n <= 4:
                _take_top(top, top_counts, text, n, words, places, left, counts, placed, until)
            else:
                every[text, n - 5] = _every(places, left, counts, placed, until, n)
            left = _several(places, left, counts, placed)
            if n >= 5:
                greedy[text, n - 5] = _greedy(places, left, counts, placed, until, n)
            if left == 0 and n >= 4:
                break
    return top, top_counts, greedy, every


@compiled_leaf
def _longer(runs: Hashes, places: Small, left: int, hashes: Hashes, first: int, words: int, n: int) -> int:
    """Makes the runs at these places one word longer; gives how many places are left."""
    kept = 0
    for index in range(left):
        place = places[np.uint64(index)]
        if place + n > words:
            continue
        at = np.uint64(place)
        run = (runs[at] ^ (runs[at] >> np.uint64(29))) * _MIX + hashes[np.uint64(first + place + n - 1)]
        runs[at] = run ^ (run >> np.uint64(32))
        places[np.uint64(kept)] = place
        kept += 1
    return kept


@compiled_leaf
def _count(runs: Hashes, places: Small, left: int, keys: Hashes, counts: Small, placed: Small, used: int) -> None:
    counts[:used] = 0
    for index in range(left):
        place = np.uint64(places[np.uint64(index)])
        slot = _slot_of(runs[place], keys, counts, used)
        keys[slot] = runs[place]
        counts[slot] += 1
        placed[place] = slot


@compiled_leaf
def _take_top(
    top: Places,
    top_counts: Places,
    text: int,
    n: int,
    words: int,
    places: Small,
    left: int,
    counts: Small,
    placed: Small,
    until: Places,
) -> None:
    """Where no run occurs twice it is the first of the text, which need not be among these places."""
    best, often = 0, 1
    for index in range(left):
        count = counts[np.uint64(placed[np.uint64(places[np.uint64(index)])])]
        if count > often:
            best, often = places[index], count
    if words >= n:
        top[text, n - 2] = often * (until[best + n] - until[best])
        top_counts[text, n - 2] = often


@compiled_leaf
def _every(places: Small, left: int, counts: Small, placed: Small, until: Places, n: int) -> int:
    characters = 0
    for index in range(left):
        place = places[index]
        if counts[placed[place]] > 1:
            characters += until[place + n] - until[place]
    return characters


@compiled_leaf
def _several(places: Small, left: int, counts: Small, placed: Small) -> int:
    """Leaves the places whose run occurs several times."""
    kept = 0
    for index in range(left):
        place = places[index]
        if counts[placed[place]] > 1:
            places[kept] = place
            kept += 1
    return kept


@compiled_leaf
def _greedy(places: Small, left: int, counts: Small, placed: Small, until: Places, n: int) -> int:
    """Read from left to right: a run that was read before counts, and what it covers is not read again.

    Negative counts mark runs that were read.
    """
    characters, read_until = 0, 0
    for index in range(left):
        place = places[index]
        if place < read_until:
            continue
        slot = placed[place]
        if counts[slot] < 0:
            characters += until[place + n] - until[place]
            read_until = place + n
        else:
            counts[slot] = -counts[slot]
    return characters


@compiled
def _characters_of_runs(lengths: Places, bounds: Places) -> Places:
    found = np.zeros((len(bounds) - 1, 6), dtype=np.int64)
    for text in range(len(bounds) - 1):
        first, words = bounds[text], bounds[text + 1] - bounds[text]
        for word in range(words):
            for n in range(5, LONGEST + 1):
                if words >= n:  # in so many runs of n words it is
                    runs = min(word + 1, n, words - word, words - n + 1)
                    found[text, n - 5] += lengths[first + word] * runs
    return found
