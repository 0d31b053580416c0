"""Writes files as fastText 0.9 does, small ones: with numbers drawn by chance, or such that a few words mean something.

For tests and measurements, since fastText itself is no dependency. What it makes of files that this writes was taken
down once (`tests/filters/text_models/test_fasttext.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

LOSSES = ("hs", "ns", "softmax", "ova")
WORDS = ("</s>", "the", "sieve", "grue", "bread", "Ünsäfe", "рожь", "a", "keeps", "drops")
LABELS = ("safe", "un-Safe", "spam")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a model is made of; the arguments have fastText's meanings."""

    words: tuple[str, ...] = WORDS
    labels: tuple[str, ...] = LABELS
    width: int = 6
    loss: str = "softmax"
    grams: int = 2
    least: int = 2
    most: int = 4
    buckets: int = 64
    kept: tuple[int, ...] | None = None
    """The buckets that pruning has left; null: it was not pruned."""
    quantised: bool = False
    normed: bool = False
    output_quantised: bool = False
    part: int = 4


def write(path: Path, shape: Shape, *, seed: int = 1) -> Path:
    """A model of numbers drawn by chance."""
    dice = np.random.default_rng(seed)
    hashed = shape.buckets if shape.most or shape.grams > 1 else 0
    rows = len(shape.words) + (hashed if shape.kept is None else len(shape.kept))
    parts = [_head(shape), bytes([shape.quantised])]
    for count, quantised in ((rows, shape.quantised), (len(shape.labels), shape.output_quantised)):
        if count != rows:
            parts.append(bytes([shape.output_quantised]))
        parts.append(_quantised(dice, count, shape) if quantised else _dense(_drawn(dice, count, shape.width)))
    path.write_bytes(b"".join(parts))
    return path


def write_meaning(path: Path, meaning: dict[str, str], *, others: Sequence[str] = ("the",), weight: float = 20) -> Path:
    """A model that gives a text the labels of its words, by how many there are of each; all others say nothing."""
    labels = tuple(dict.fromkeys(meaning.values()))
    words = ("</s>", *others, *meaning)
    shape = Shape(words=words, labels=labels, width=len(labels), grams=1, least=0, most=0, buckets=0)
    rows = np.zeros((len(words), len(labels)), dtype=np.float32)
    for place, word in enumerate(words):
        if word in meaning:
            rows[place, labels.index(meaning[word])] = weight
    output = np.eye(len(labels), dtype=np.float32)
    path.write_bytes(b"".join([_head(shape), b"\0", _dense(rows), b"\0", _dense(output)]))
    return path


def _head(shape: Shape) -> bytes:
    arguments = (shape.width, 5, 5, 1, 5, shape.grams, LOSSES.index(shape.loss) + 1, 3, shape.buckets)
    n_words, n_labels = len(shape.words), len(shape.labels)
    pruned = -1 if shape.kept is None else len(shape.kept)
    parts = [
        struct.pack("<ii", 793712314, 12),
        struct.pack("<12id", *arguments, shape.least, shape.most, 100, 1e-4),
        struct.pack("<iiiqq", n_words + n_labels, n_words, n_labels, 1000, pruned),
    ]
    for place, word in enumerate([*shape.words, *(f"__label__{label}" for label in shape.labels)]):
        parts.append(word.encode() + b"\0" + struct.pack("<qb", max(1000 - 7 * place, 1), place >= n_words))
    for row, bucket in enumerate(shape.kept or ()):
        parts.append(struct.pack("<ii", bucket, row))
    return b"".join(parts)


def _drawn(dice: np.random.Generator, *shape: int) -> npt.NDArray[np.float32]:
    return dice.normal(size=shape).astype(np.float32)


def _dense(numbers: npt.NDArray[np.float32]) -> bytes:
    return struct.pack("<qq", *numbers.shape) + numbers.tobytes()


def _quantised(dice: np.random.Generator, rows: int, shape: Shape) -> bytes:
    n_parts = -(-shape.width // shape.part)
    codes = dice.integers(0, 256, size=(rows, n_parts), dtype=np.uint8)
    made = bytes([shape.normed]) + struct.pack("<qqi", rows, shape.width, codes.size) + codes.tobytes()
    made += struct.pack("<iiii", shape.width, n_parts, shape.part, shape.width % shape.part or shape.part)
    made += _drawn(dice, shape.width * 256).tobytes()
    if shape.normed:
        made += dice.integers(0, 256, size=rows, dtype=np.uint8).tobytes()
        made += struct.pack("<iiii", 1, 1, 1, 1) + _drawn(dice, 256).tobytes()
    return made
