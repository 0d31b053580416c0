"""Finds licence texts of the SPDX list in a text by the words that follow one another, though some are changed.

`filters/data/licence_index.bin`, which `tools/build_licence_index.py` writes, holds hashes of every five words of each
text, no words. A text is looked for by how many of its words are found in order of five; what the best one accounts for
is taken away, and the rest is searched again, so that several licences in one text are all found. Of two texts that
account for nearly the same the one that leaves less of its own unfound is the better: the one for whole words over the
one with a part more.

What was added to a licence is for the caller to read: it is among the words that no text accounts for. Known miss: what
was taken away is not noticed while three quarters of a licence are left; of a shorter part half is enough if there is
nothing else in the text and it has half the words that weigh (`filters/rights/texts/weight.py`).
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.rights.spdx import grant_of
from filters.rights.texts.shingles import WIDTH
from tamis.records import GRANTS

INDEX = "licence_index.bin"

LEAST_SHARE = 0.75
"""So much of a licence's words must be found: less is a quotation, or another licence of the family."""

_LEAST_PART = 0.5
_ALL_OF_TEXT = 0.97
_LEAST_WORDS = 12
_MOST_TEXTS = 40
"""So many licences are looked for in one text."""
_CANDIDATES = 8
_REST_BITS = 12
_NEAR = 3
"""So many words may one text account for more than another and still be no better."""

_CANONICAL = (
    "MIT", "BSD-3-Clause", "BSD-2-Clause", "ISC", "Apache-2.0", "Zlib", "BSD-4-Clause", "BSL-1.0", "X11", "NTP",
    "HPND", "GPL-2.0-only", "GPL-3.0-only", "LGPL-2.1-only", "LGPL-3.0-only", "MPL-2.0", "FSFAP", "FSFUL", "FSFULLR",
    "Artistic-1.0-Perl", "Python-2.0", "PSF-2.0", "Unlicense", "W3C",
)  # fmt: skip
"""Of texts that are equally near these come first, in this order, then the one of the shortest id."""


@dataclass(frozen=True, slots=True)
class Near:
    """A licence text that was found in a text.

    `share` is how much of the licence's words was found, `covered` the places of the words it accounts for, and `lost`
    how many words that weigh are in the licence and not in the text.
    """

    ids: tuple[str, ...]
    share: float
    covered: NDArray[np.bool_]
    lost: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Index:
    """Texts by the shingles in them. `order` are the numbers of shingles in `known`, text after text from `starts`."""

    about: Mapping[str, str]
    names: Mapping[str, tuple[str, tuple[str, ...]]]
    ids: tuple[tuple[str, ...], ...]
    known: NDArray[np.uint32]
    begins: NDArray[np.bool_]
    """By the first bits of a shingle whether any in `known` begins so: most that are unknown are told by it."""
    order: NDArray[np.uint32]
    starts: NDArray[np.int64]
    weighty: NDArray[np.bool_]
    sizes: NDArray[np.int64]
    """Different shingles of each text."""
    holders: NDArray[np.uint16]
    """The texts that hold a shingle, shingle after shingle from `held`."""
    held: NDArray[np.int64]
    freest: NDArray[np.uint8]
    """Of each shingle the freest class of a text that holds it, as a place in tamis.records.GRANTS."""
    ranks: tuple[int, ...]
    marks: NDArray[np.bool_]
    """Scratch, all false between calls: one for each shingle, and one more for those that are unknown."""

    def numbers(self, shingles: NDArray[np.uint32]) -> NDArray[np.int64]:
        """The number of each shingle, -1 for one in no text."""
        found = np.full(len(shingles), -1, dtype=np.int64)
        likely = np.flatnonzero(self.begins[shingles >> _REST_BITS])
        places = np.minimum(np.searchsorted(self.known, shingles[likely]), len(self.known) - 1)
        found[likely] = np.where(self.known[places] == shingles[likely], places, -1)
        return found

    def text(self, entry: int) -> NDArray[np.uint32]:
        return self.order[self.starts[entry] : self.starts[entry + 1]]

    def weights(self, entry: int) -> NDArray[np.bool_]:
        begin = self.starts[entry] + entry * (WIDTH - 1)
        return self.weighty[begin : begin + self.starts[entry + 1] - self.starts[entry] + WIDTH - 1]


def near_texts(numbers: NDArray[np.int64], index: Index) -> tuple[Near, ...]:
    """The licence texts found among the numbered shingles of a text, the one that accounts for most first."""
    return tuple(_found(numbers, index))


def _found(numbers: NDArray[np.int64], index: Index) -> Iterator[Near]:
    left = numbers.copy()
    for _ in range(_MOST_TEXTS):
        best = _best(left, index)
        if best is None:
            return
        yield best
        left[_shingles_in(best.covered, left)] = -1


def _shingles_in(covered: NDArray[np.bool_], numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Those of which any word is accounted for."""
    taken = np.zeros(len(numbers), dtype=np.bool_)
    for place in range(WIDTH):
        taken |= covered[place : place + len(numbers)]
    return taken


def _best(numbers: NDArray[np.int64], index: Index) -> Near | None:
    present = _distinct(numbers[numbers >= 0])
    candidates = _candidates(present, index)
    best: tuple[int, int, int] | None = None
    chosen: Near | None = None
    for entry in candidates:
        near = _compared(entry, numbers=numbers, present=present, index=index)
        if near is None:
            continue
        size = len(index.weights(entry))
        found = round(near.share * size)
        if found < _LEAST_WORDS or not (near.share >= LEAST_SHARE or _is_part(near, entry, index)):
            continue
        score = (found - (size - found), -index.ranks[entry], 0)
        if best is None or score[0] > best[0] + _NEAR or (score[0] >= best[0] - _NEAR and score[1] > best[1]):
            best, chosen = score, near
    return chosen


def _is_part(near: Near, entry: int, index: Index) -> bool:
    """Whether the text is nothing but a good part of a licence, with most of what it grants and limits in it."""
    weighty = int(index.weights(entry).sum())
    return near.share >= _LEAST_PART and float(near.covered.mean()) >= _ALL_OF_TEXT and near.lost * 2 <= weighty


def with_candidates(
    numbers: NDArray[np.int64], text_of: NDArray[np.int64], texts: int, index: Index
) -> NDArray[np.bool_]:
    """Of each of several texts whether it has half of the shingles of some licence, without which none is found in it.

    `numbers` are the numbered shingles of all texts, `text_of` the text of each.
    """
    known = numbers >= 0
    pairs = _distinct(text_of[known] * len(index.known) + numbers[known])
    holding, present = np.divmod(pairs, len(index.known))
    holding = np.repeat(holding, index.held[present + 1] - index.held[present])
    entries = len(index.ids)
    counts = np.bincount(holding * entries + _holders(present, index), minlength=texts * entries).reshape(
        texts, entries
    )
    has_half: NDArray[np.bool_] = np.any(counts * 2 >= index.sizes, axis=1)
    return has_half


def _candidates(present: NDArray[np.int64], index: Index) -> list[int]:
    if not len(present):
        return []
    counts = np.bincount(_holders(present, index), minlength=len(index.ids))
    likely = np.flatnonzero(counts * 2 >= index.sizes)
    scores = 2 * counts[likely] - index.sizes[likely]
    order = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    return [int(entry) for entry in likely[order]]


def _holders(present: NDArray[np.int64], index: Index) -> NDArray[np.uint16]:
    begins, ends = index.held[present], index.held[present + 1]
    lengths = ends - begins
    offsets = np.repeat(begins - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return index.holders[np.arange(lengths.sum()) + offsets]


def _compared(entry: int, *, numbers: NDArray[np.int64], present: NDArray[np.int64], index: Index) -> Near | None:
    """Null where too little of the licence is found."""
    own = index.text(entry)
    ours = _words_of(_is_in(own, present, index=index))
    share = float(ours.mean())
    if share < _LEAST_PART:
        return None
    theirs = _words_of(_is_in(numbers, own, index=index))
    places = np.flatnonzero(theirs)
    return Near(
        ids=index.ids[entry],
        share=share,
        covered=theirs,
        lost=int((index.weights(entry) & ~ours).sum()),
        first=int(places[0]) if len(places) else 0,
        last=int(places[-1]) if len(places) else 0,
    )


def covered_by(entries: Iterable[int], *, numbers: NDArray[np.int64], index: Index) -> NDArray[np.bool_]:
    """The words that stand in any of these texts too."""
    covered = np.zeros(len(numbers) + WIDTH - 1, dtype=np.bool_)
    for entry in entries:
        covered |= _words_of(_is_in(numbers, index.text(entry), index=index))
    return covered


_PHRASE = 5
"""So many shingles on end, nine words, are a phrase of licences; fewer may stand in any sentence."""


def covered_by_freer(strictest: int, *, numbers: NDArray[np.int64], index: Index) -> NDArray[np.bool_]:
    """The words of phrases that stand so in texts of that class, or of freer ones."""
    found = (numbers >= 0) & (index.freest[numbers] <= strictest)
    for first, last in stretches(found):
        if last - first < _PHRASE:
            found[first:last] = False
    return _words_of(found)


def stretches(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where what is marked begins and ends, the end exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    return [(first, last) for first, last in edges.reshape(-1, 2).tolist()]


def _is_in(numbers: NDArray[Any], chosen: NDArray[Any], *, index: Index) -> NDArray[np.bool_]:
    marks = index.marks
    marks[chosen] = True
    found: NDArray[np.bool_] = marks[numbers]
    marks[chosen] = False
    return found


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sorted; numpy's own way takes six times as long."""
    ordered = np.sort(numbers)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def _words_of(shingles: NDArray[np.bool_]) -> NDArray[np.bool_]:
    words = np.zeros(len(shingles) + WIDTH - 1, dtype=np.bool_)
    for place in range(WIDTH):
        words[place : place + len(shingles)] |= shingles
    return words


def pack(
    about: Mapping[str, str],
    *,
    names: Mapping[str, tuple[str, list[str]]],
    entries: list[tuple[tuple[str, ...], NDArray[np.uint32], NDArray[np.bool_]]],
) -> bytes:
    """The index as it is stored."""
    known = np.unique(np.concatenate([shingles for _, shingles, _ in entries]))
    order = np.searchsorted(known, np.concatenate([shingles for _, shingles, _ in entries])).astype("<u4")
    head = {
        **about,
        "names": names,
        "ids": [ids for ids, _, _ in entries],
        "lengths": [len(shingles) for _, shingles, _ in entries],
        "known": len(known),
    }
    weighty = np.packbits(np.concatenate([weighty for _, _, weighty in entries]))
    steps = np.diff(order.astype(np.int64), prepend=0).astype("<i4")
    parts = [known.astype("<u4").tobytes(), _planes(steps), weighty.tobytes()]
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return lzma.compress(line + b"".join(parts), preset=9 | lzma.PRESET_EXTREME)


def _planes(steps: NDArray[np.int32]) -> bytes:
    return steps.tobytes()


@cache
def load() -> Index:
    """The stored index; it takes a fifth of a second."""
    return _unpacked(_stored())


def _stored() -> bytes:
    return resources.files("filters").joinpath("data", INDEX).read_bytes()


@cache
def index_digest() -> str:
    """SHA-256 of the stored file, for a filter's spec."""
    return hashlib.sha256(_stored()).hexdigest()


def _unpacked(stored: bytes) -> Index:
    line, _, rest = lzma.decompress(stored).partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    lengths = np.array(head["lengths"], dtype=np.int64)
    total = int(lengths.sum())
    known = np.frombuffer(rest, dtype="<u4", count=head["known"])
    steps = np.frombuffer(rest, dtype="<i4", count=total, offset=known.nbytes)
    order = np.cumsum(steps.astype(np.int64)).astype(np.uint32)
    words = total + len(lengths) * (WIDTH - 1)
    bits = np.frombuffer(rest, dtype=np.uint8, offset=known.nbytes + steps.nbytes)
    ids = tuple(tuple(each) for each in head["ids"])
    holders, held, sizes = _inverted(order, lengths=lengths, known=len(known))
    return Index(
        about={name: head[name] for name in ("from", "tarball_sha256", "licence")},
        names={spdx_id: (name, tuple(addresses)) for spdx_id, (name, addresses) in head["names"].items()},
        ids=ids,
        known=known,
        begins=np.bincount(known >> _REST_BITS, minlength=1 << (32 - _REST_BITS)).astype(np.bool_),
        order=order,
        starts=np.concatenate(([0], np.cumsum(lengths))),
        weighty=np.unpackbits(bits, count=words).astype(np.bool_),
        sizes=sizes,
        holders=holders,
        held=held,
        freest=_freest(holders, held=held, ids=ids),
        ranks=tuple(_rank(each[0]) for each in ids),
        marks=np.zeros(len(known) + 1, dtype=np.bool_),
    )


def _inverted(
    order: NDArray[np.uint32], *, lengths: NDArray[np.int64], known: int
) -> tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]:
    entries = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    pairs = _distinct(order.astype(np.int64) * len(lengths) + entries)
    shingles, holders = np.divmod(pairs, len(lengths))
    held = np.concatenate(([0], np.cumsum(np.bincount(shingles, minlength=known))))
    return holders.astype(np.uint16), held, np.bincount(holders, minlength=len(lengths))


def _freest(
    holders: NDArray[np.uint16], *, held: NDArray[np.int64], ids: tuple[tuple[str, ...], ...]
) -> NDArray[np.uint8]:
    grants = np.array([GRANTS.index(grant_of(each[0])) for each in ids], dtype=np.uint8)
    return np.minimum.reduceat(grants[holders], held[:-1])


def _rank(spdx_id: str) -> int:
    return _CANONICAL.index(spdx_id) if spdx_id in _CANONICAL else len(_CANONICAL) + len(spdx_id)
