"""Reads the files of fastText (`.bin`, `.ftz`): supervised models, dense or quantised, as fastText 0.9 writes them.

Nothing in such a file is run, and nothing is believed: every length is held against the file's size before it is used,
and every row that a word can lead to against the rows that there are. Of the layout: `FastText::saveModel`,
`Dictionary::save`, `DenseMatrix::save`, `QuantMatrix::save` and `ProductQuantizer::save` of fastText 0.9.2 (MIT).
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from filters.text.utf8 import Bytes, Places
from tamis.errors import ConfigError

Loss = Literal["hs", "ns", "softmax", "ova"]

_MAGIC: Final = 793712314
_VERSIONS: Final = (11, 12)
_SUPERVISED: Final = 3
_LOSSES: Final[tuple[Loss, ...]] = ("hs", "ns", "softmax", "ova")
_PREFIX: Final = b"__label__"
_CENTROIDS: Final = 256
"""So many has each part of a quantised row: what a byte can tell apart."""

_MOST_LABELS: Final = 10_000
_MOST_WIDE: Final = 10_000
_MOST_BUCKETS: Final = 1 << 28
_MOST_WORDS_OF_A_GRAM: Final = 100

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Dense (`dense`), or each row as codes of parts (`codes`, `centroids`), by a factor for each where there is one.

    What is not there is empty; `dense` and `codes` are places in the mapped file.
    """

    rows: int
    dense: Floats
    codes: Bytes
    centroids: Floats
    part: int
    """Numbers of a part; the last may have fewer."""
    norm_codes: Bytes
    norms: Floats

    def whole(self, width: int) -> Floats:
        """All rows as numbers."""
        if len(self.dense):
            return np.array(self.dense)
        rows = np.empty((self.rows, width), dtype=np.float32)
        for place, start in enumerate(range(0, width, self.part)):
            wide = min(self.part, width - start)
            first = place * _CENTROIDS * self.part
            table = self.centroids[first : first + _CENTROIDS * wide].reshape(_CENTROIDS, wide)
            rows[:, start : start + wide] = table[self.codes[:, place]]
        return rows * self.norms[self.norm_codes][:, None] if len(self.norms) else rows


@dataclass(frozen=True, slots=True, eq=False)
class FastTextFile:
    """A supervised model."""

    sha256: str
    data: Bytes
    """The whole file, mapped."""
    loss: Loss
    width: int
    word_grams: int
    """Words in a row that count as one, up to so many."""
    least: int
    most: int
    """Characters of the parts of words that count; `most` 0: none do."""
    buckets: int
    """Of parts of words and words in a row; 0: neither counts."""
    pruned: Ids
    """Of each bucket its row behind the words, or -1; empty: the bucket's own number."""
    word_starts: Places
    word_ends: Places
    """Places in `data`; words first, then labels."""
    words: int
    labels: tuple[str, ...]
    label_counts: Places
    input: Matrix
    output: Floats


def read_fasttext(path: Path, *, who: str) -> FastTextFile:
    """The model in a file.

    Raises:
        ConfigError: the file cannot be read, is of another kind or version, ends early, contradicts itself, or is no
            classifier.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        said = error.strerror if isinstance(error, OSError) else "it is empty"
        raise ConfigError(f"{who}: {path.name} cannot be read ({said}).") from None
    return _Reading(held, path.name, who).model(sha256)


class _Reading:
    """Goes through a file from its first byte to its last."""

    def __init__(self, held: mmap.mmap, name: str, who: str) -> None:
        self._data = np.frombuffer(held, dtype=np.uint8)
        self._place = 0
        self._name = name
        self._who = who

    def model(self, sha256: str) -> FastTextFile:
        magic, version = self._numbers("ii", "header")
        if magic != _MAGIC or version not in _VERSIONS:
            raise self._error("is no model that fastText 0.9 wrote (`.bin` or `.ftz`)")
        width, _, _, _, _, grams, loss, kind, buckets, least, most, _, _ = self._numbers("12id", "arguments")
        if kind != _SUPERVISED:
            raise self._error("has vectors of words and no labels; a classifier is trained with `supervised`")
        self._expect(0 < width <= _MOST_WIDE, f"rows of {width} numbers")
        self._expect(1 <= loss <= len(_LOSSES), "an unknown loss")
        self._expect(1 <= grams <= _MOST_WORDS_OF_A_GRAM, f"runs of {grams} words")
        most = 0 if version == _VERSIONS[0] else most  # what fastText itself does with models of that age
        size, words, n_labels, _, n_pruned = self._numbers("iiiqq", "dictionary")
        self._expect(words >= 0 and 0 < n_labels <= _MOST_LABELS and size == words + n_labels, "a wrong count of words")
        starts, ends, counts = self._words(size, words)
        hashed = (most > 0 or grams > 1) and n_pruned != 0
        self._expect(not hashed or 0 < buckets <= _MOST_BUCKETS, f"{buckets} buckets")
        used = buckets if hashed else 0
        pruned, behind = self._pruned(n_pruned, used)
        quantised = self._flag()
        self._expect(quantised or n_pruned < 0, "a pruned dictionary beside a whole matrix")
        rows = self._matrix(width, quantised=quantised)
        self._expect(rows.rows >= words + behind, f"{rows.rows} rows for {words} words and {behind} others")
        outputs = self._matrix(width, quantised=self._flag() and quantised)
        self._expect(outputs.rows == n_labels, f"{outputs.rows} rows for {n_labels} labels")
        self._expect(self._place == len(self._data), "more behind its end")
        named = (self._data[start:end].tobytes() for start, end in zip(starts[words:], ends[words:], strict=True))
        return FastTextFile(
            sha256=sha256,
            data=self._data,
            loss=_LOSSES[loss - 1],
            width=width,
            word_grams=grams,
            least=least,
            most=max(most, 0),
            buckets=used,
            pruned=pruned,
            word_starts=starts,
            word_ends=ends,
            words=words,
            labels=tuple(name.removeprefix(_PREFIX).decode(errors="replace") for name in named),
            label_counts=counts[words:],
            input=rows,
            output=outputs.whole(width),
        )

    def _words(self, size: int, words: int) -> tuple[Places, Places, Places]:
        """Where each entry begins and ends, and how often it was seen."""
        # Of each at least its end, its count and its type.
        self._expect(size * 10 <= len(self._data) - self._place, "fewer words than it says")
        starts, ends, counts, self._place = _entries(self._data, self._place, size, words)
        self._expect(self._place > 0, "a damaged list of words")
        # How the tree of the hierarchical softmax is built asks for this.
        few = bool((counts[words:] >= 0).all()) and int(counts[words:].astype(np.float64).sum()) < 10**15
        self._expect(few, "impossible counts of labels")
        return starts, ends, counts

    def _pruned(self, count: int, buckets: int) -> tuple[Ids, int]:
        """Of each bucket its row, and how many rows there must be behind those of words."""
        if count <= 0:
            return np.empty(0, dtype=np.int32), buckets
        pairs = self._array(2 * count, "<i4", "pruned buckets").reshape(count, 2)
        if not buckets:
            return np.empty(0, dtype=np.int32), 0
        self._expect(bool(((pairs >= 0) & (pairs < [buckets, 1 << 30])).all()), "buckets that cannot be")
        rows = np.full(buckets, -1, dtype=np.int32)
        rows[pairs[:, 0]] = pairs[:, 1]
        return rows, int(pairs[:, 1].max()) + 1

    def _matrix(self, width: int, *, quantised: bool) -> Matrix:
        nothing = {"dense": _FLOATS, "codes": _BYTES, "centroids": _FLOATS.ravel(), "part": 1}
        unscaled = {"norm_codes": _BYTES.ravel(), "norms": _FLOATS.ravel()}
        normed = quantised and self._flag()
        rows, columns = self._numbers("qq", "matrix")
        self._expect(rows >= 0 and columns == width, f"a matrix of {columns} numbers in a row for {width}")
        if not quantised:
            dense = self._array(rows * columns, "<f4", "matrix").reshape(rows, columns)
            return Matrix(rows, **{**nothing, **unscaled, "dense": dense})
        (size,) = self._numbers("i", "codes")
        self._expect(size >= 0 and (size % rows == 0 if rows else size == 0), "codes that do not fit its rows")
        codes = self._array(size, "u1", "codes").reshape(rows, size // rows if rows else 0)
        part, centroids = self._quantiser(width, parts=codes.shape[1])
        if normed:
            unscaled["norm_codes"] = self._array(rows, "u1", "norms")
            _, unscaled["norms"] = self._quantiser(1, parts=1)
        return Matrix(rows, **{**nothing, **unscaled, "codes": codes, "centroids": centroids, "part": part})

    def _quantiser(self, width: int, *, parts: int) -> tuple[int, Floats]:
        dim, n_parts, part, last = self._numbers("iiii", "quantiser")
        fits = dim == width and part > 0 and n_parts == parts == -(-width // part) and last == (width % part or part)
        self._expect(fits, "a quantiser for other rows")
        return part, np.array(self._array(width * _CENTROIDS, "<f4", "centroids"))

    def _flag(self) -> bool:
        return bool(self._array(1, "u1", "flag")[0])

    def _numbers(self, layout: str, what: str) -> tuple[Any, ...]:
        size = struct.calcsize(f"<{layout}")
        return struct.unpack(f"<{layout}", self._array(size, "u1", what).tobytes())

    def _array(self, count: int, dtype: str, what: str) -> Any:
        """The next numbers, as they lie in the file: x86-64 and AArch64 read them at any place."""
        size = count * np.dtype(dtype).itemsize
        if count < 0 or self._place + size > len(self._data):
            raise self._error(f"ends early, within its {what}")
        found = np.frombuffer(self._data, dtype=dtype, count=count, offset=self._place)
        self._place += size
        return found

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise self._error(f"is damaged: it has {otherwise}")

    def _error(self, what: str) -> ConfigError:
        return ConfigError(f"{self._who}: {self._name} {what}. Bring the file again as fastText wrote it.")


_FLOATS: Final = np.empty((0, 1), dtype=np.float32)
_BYTES: Final = np.empty((0, 1), dtype=np.uint8)


@compiled
def _entries(data: Bytes, place: int, size: int, words: int) -> tuple[Places, Places, Places, int]:
    """The entries of a dictionary and where they end; 0 if they do not: a name, its end, a count of 8 bytes, a type."""
    starts = np.empty(size, dtype=np.int64)
    ends = np.empty(size, dtype=np.int64)
    counts = np.empty(size, dtype=np.int64)
    for entry in range(size):
        starts[entry] = place
        while place < len(data) and data[place] != 0:
            place += 1
        if place + 10 > len(data):
            return starts, ends, counts, 0
        ends[entry] = place
        count = np.int64(0)
        for byte in range(8):
            count |= np.int64(data[place + 1 + byte]) << (8 * byte)
        counts[entry] = count
        if data[place + 9] != (0 if entry < words else 1):
            return starts, ends, counts, 0
        place += 10
    return starts, ends, counts, place
