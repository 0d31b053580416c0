"""Finds in texts the runs of n words that lie in any of many passages, and how much of each passage is there.

Runs are compared by a 64-bit hash of the hashes of their words, in a table that is probed one slot after the other; a
smaller table of bytes before it answers most questions with no. A passage of fewer than n words is one run, its whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.folded import Folded
from filters.text.repetition import Hashes, mixed
from filters.text.utf8 import Places

_BASE: Final = np.uint64(0x9E3779B97F4A7C15)

Gate = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The runs of some passages, by hash.

    Words are numbered through all passages. Run k is at the words `places[posted[k]]` up to `places[posted[k + 1]]`,
    each the first of a run.
    """

    lengths: Places
    """How many words the runs have that are looked for, ascending."""
    gate: Gate
    keys: Hashes
    runs: Places
    """Of each slot its run; -1 where it is empty."""
    posted: Places
    places: Places
    passage_of: Places
    """Of each word."""
    sizes: Places
    """Words of each passage."""
    n: int

    @classmethod
    def of(cls, passages: Folded, *, n: int, least: int) -> Index:
        """Of the passages that have at least `least` words; the others are looked for by nobody."""
        sizes = passages.counts
        passage_of = np.repeat(np.arange(len(sizes)), sizes)
        lengths = np.unique(np.minimum(sizes[sizes >= least], n)).astype(np.int64)
        hashes, places = _runs(passages.hashes, passages.bounds, n, least)
        order = np.argsort(hashes, kind="stable")
        distinct, firsts = np.unique(hashes[order], return_index=True)
        posted = np.append(firsts, len(order)).astype(np.int64)
        return cls(lengths, *_tables(distinct), posted, places[order], passage_of, sizes, n)


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What texts share with the passages."""

    words: Places
    """Of each text, how many of its words lie in a shared run."""
    passages: Places
    """Of each text in turn, the passages it shares a run with, ascending."""
    parts: npt.NDArray[np.float64]
    """Of each of those, which share of its words lies in shared runs."""
    bounds: Places
    """Text i has the passages `bounds[i]` up to `bounds[i + 1]`."""
    stretches: Places
    """stretches x 4: a text, the first and one past the last word of a stretch of shared runs, the first's passage."""


def shared(index: Index, texts: Folded) -> Shared:
    return Shared(
        *_shared(
            texts.hashes,
            texts.bounds,
            index.lengths,
            index.gate,
            index.keys,
            index.runs,
            index.posted,
            index.places,
            index.passage_of,
            index.sizes,
            index.n,
        )
    )


@compiled
def _runs(hashes: Hashes, bounds: Places, n: int, least: int) -> tuple[Hashes, Places]:
    """Of all passages the runs, with the words that they begin with."""
    made = np.empty(len(hashes), dtype=np.uint64)
    places = np.empty(len(hashes), dtype=np.int64)
    count = 0
    for passage in range(len(bounds) - 1):
        words = bounds[passage + 1] - bounds[passage]
        if words < least:
            continue
        length = min(words, n)
        for start in range(bounds[passage], bounds[passage + 1] - length + 1):
            value = np.uint64(0)
            for word in range(start, start + length):
                value = value * _BASE + hashes[word]
            made[count] = _named(value, length)
            places[count] = start
            count += 1
    return made[:count].copy(), places[:count].copy()


@compiled_leaf
def _named(value: np.uint64, length: int) -> np.uint64:
    """Runs of other lengths have other hashes."""
    return mixed(value + np.uint64(length))


def _tables(distinct: Hashes) -> tuple[Gate, Hashes, Places]:
    bits = max(4, int(2 * len(distinct)).bit_length())
    return _filled(distinct, 1 << bits, 1 << (bits + 2))


@compiled
def _filled(distinct: Hashes, slots: int, wide: int) -> tuple[Gate, Hashes, Places]:
    gate = np.zeros(wide, dtype=np.uint8)
    keys = np.zeros(slots, dtype=np.uint64)
    runs = np.full(slots, -1, dtype=np.int64)
    for run in range(len(distinct)):
        value = distinct[run]
        gate[np.int64(value >> np.uint64(20)) & (wide - 1)] = 1
        slot = np.int64(value & np.uint64(slots - 1))
        while runs[slot] >= 0:
            slot = (slot + 1) & (slots - 1)
        keys[slot] = value
        runs[slot] = run
    return gate, keys, runs


@compiled_leaf
def _run_of(value: np.uint64, gate: Gate, keys: Hashes, runs: Places) -> int:
    """-1 if no passage has such a run."""
    if gate[np.int64(value >> np.uint64(20)) & (len(gate) - 1)] == 0:
        return -1
    slot = np.int64(value & np.uint64(len(keys) - 1))
    while runs[slot] >= 0:
        if keys[slot] == value:
            return int(runs[slot])
        slot = (slot + 1) & (len(keys) - 1)
    return -1


@compiled
def _longer(array: Places, least: int) -> Places:
    """With room for so many more than double."""
    longer = np.empty(max(2 * len(array), least), dtype=np.int64)
    longer[: len(array)] = array
    return longer


@compiled
def _shared(
    hashes: Hashes,
    bounds: Places,
    lengths: Places,
    gate: Gate,
    keys: Hashes,
    runs: Places,
    posted: Places,
    places: Places,
    passage_of: Places,
    sizes: Places,
    n: int,
) -> tuple[Places, Places, npt.NDArray[np.float64], Places, Places]:
    texts = len(bounds) - 1
    words = np.zeros(texts, dtype=np.int64)
    until = np.zeros(len(bounds), dtype=np.int64)  # the passages of the texts before each
    passages, covered = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    stretches = np.empty(64, dtype=np.int64)
    seen_in = np.full(len(posted), -1, dtype=np.int64)  # the last text in which each run was
    powers = np.ones(n + 1, dtype=np.uint64)
    for place in range(n):
        powers[place + 1] = powers[place] * _BASE
    hits = np.empty(64, dtype=np.int64)
    count, n_stretches = 0, 0
    for text in range(texts):
        first, size = bounds[text], bounds[text + 1] - bounds[text]
        prefix = np.zeros(size + 1, dtype=np.uint64)
        for word in range(size):
            prefix[word + 1] = prefix[word] * _BASE + hashes[first + word]
        n_hits, end, opened = 0, -1, n_stretches
        for start in range(size):
            for length in lengths:
                if start + length > size:
                    break
                value = prefix[start + length] - prefix[start] * powers[length]
                run = _run_of(_named(value, length), gate, keys, runs)
                if run < 0:
                    continue
                if start > end:
                    if 4 * n_stretches + 4 > len(stretches):
                        stretches = _longer(stretches, 0)
                    stretches[4 * n_stretches] = text
                    stretches[4 * n_stretches + 1] = start
                    stretches[4 * n_stretches + 3] = passage_of[places[posted[run]]]
                    n_stretches += 1
                end = max(end, start + length)
                stretches[4 * n_stretches - 2] = end
                if seen_in[run] == text:
                    continue
                seen_in[run] = text
                more = posted[run + 1] - posted[run]
                if n_hits + more > len(hits):
                    hits = _longer(hits, n_hits + more)
                hits[n_hits : n_hits + more] = places[posted[run] : posted[run + 1]]
                n_hits += more
        for stretch in range(opened, n_stretches):
            words[text] += stretches[4 * stretch + 2] - stretches[4 * stretch + 1]
        last, reached = -1, 0
        for hit in np.sort(hits[:n_hits]):
            passage = passage_of[hit]
            if passage != last:
                if count == len(passages):
                    passages, covered = _longer(passages, 0), _longer(covered, 0)
                passages[count] = passage
                covered[count] = 0
                count += 1
                last, reached = passage, hit
            ends = hit + min(n, sizes[passage])
            covered[count - 1] += ends - max(reached, hit)
            reached = ends
        until[text + 1] = count
    parts = np.empty(count, dtype=np.float64)
    for place in range(count):
        parts[place] = covered[place] / sizes[passages[place]]
    return words, passages[:count].copy(), parts, until, stretches[: 4 * n_stretches].copy().reshape((n_stretches, 4))
