"""A classifier that is learned in seconds: how well some labelled texts prepare for telling the labels of others.

Multinomial logistic regression on the grams of each text (`grams.py`). A gram counts by the root of its share and by
how few of the texts have it, and each text has the length 1, so that long ones weigh no more. The weights are shrunk
the less the more texts there are. Fitted by stochastic gradient descent, its second half averaged (the sources are in
`linear.py`), text after text in an order that the seed alone decides.

A label that was not learned is not impossible: of n texts learned, the next one may be of any label with a chance of
1 / (n + 1), shared evenly by all labels that there are. So a set that lacks a label pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from releases.subsets.grams import BUCKETS, Passages

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_STRENGTH: Final = 1_000.0
"""How little weights are shrunk: what C is elsewhere."""

_STEP: Final = 16.0
"""The first."""

_STEPS: Final = 100_000
_EPOCHS: Final = (10, 40)
"""So many texts are looked at in all, within so many goes."""

_NOWHERE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class LabelModel:
    """What was learned."""

    columns: Codes
    """Of each bucket, its row in `weights`; -1 where no text had it."""
    rarity: Floats
    """Of each row."""
    weights: Floats
    """Rows x learned labels."""
    intercepts: Floats
    known: Codes
    """Which labels these are, of all that there are."""
    all_labels: int
    texts: int

    @classmethod
    def fitted(cls, bags: Passages, codes: Codes, *, all_labels: int, seed: int) -> LabelModel:
        """Learns which label a text has.

        Args:
            bags: the grams of each text.
            codes: the label of each, from 0.
            all_labels: how many there are, learned or not.
            seed: of the order in which texts are gone through.
        """
        having = np.bincount(bags.buckets, minlength=BUCKETS)
        columns = np.where(having > 0, np.cumsum(having > 0) - 1, _NOWHERE)
        rarity = 1 + np.log((1 + len(bags)) / (1 + having[having > 0]))
        known, of_text = np.unique(codes, return_inverse=True)
        epochs = int(np.clip(_STEPS // max(len(bags), 1), *_EPOCHS))
        generator = np.random.Generator(np.random.PCG64(seed))
        order = np.concatenate([generator.permutation(len(bags)) for _ in range(epochs)])
        rows, values = columns[bags.buckets], np.sqrt(bags.shares)
        _of_length_one(bags.offsets, rows, values, rarity)
        weights, intercepts = _descended(
            bags.offsets, rows, values, of_text.astype(np.int64), order, 1 / (_STRENGTH * max(len(bags), 1)),
            len(rarity), len(known),
        )  # fmt: skip
        return cls(columns, rarity, weights, intercepts, known, all_labels, len(bags))

    def chances(self, bags: Passages) -> Floats:
        """Texts x all labels: how likely each is."""
        rows, values = self.columns[bags.buckets], np.sqrt(bags.shares)
        _of_length_one(bags.offsets, rows, values, self.rarity)
        chances = np.full((len(bags), self.all_labels), 1 / (self.texts + 1) / self.all_labels)
        of_known = _chances(bags.offsets, rows, values, self.weights, self.intercepts)
        chances[:, self.known] += of_known * self.texts / (self.texts + 1)
        return chances


@compiled
def _of_length_one(offsets: Codes, rows: Codes, values: Floats, rarity: Floats) -> None:
    """Weighs the grams of each text by how rare they are; those that no learned text had do not count."""
    for text in range(len(offsets) - 1):
        total = 0.0
        for one in range(offsets[text], offsets[text + 1]):
            values[one] = values[one] * rarity[rows[one]] if rows[one] >= 0 else 0.0
            total += values[one] ** 2
        if total > 0:
            for one in range(offsets[text], offsets[text + 1]):
                values[one] /= np.sqrt(total)


@compiled
def _softmax(margins: Floats) -> None:
    margins -= margins.max()
    total = 0.0
    for label in range(len(margins)):
        margins[label] = np.exp(margins[label])
        total += margins[label]
    margins /= total


@compiled
def _descended(
    offsets: Codes,
    rows: Codes,
    values: Floats,
    codes: Codes,
    order: Codes,
    regularisation: float,
    width: int,
    labels: int,
) -> tuple[Floats, Floats]:
    # weights are held as `factor * raw`, so that shrinking all of them is one multiplication
    raw = np.zeros((width, labels), dtype=np.float64)
    gathered = np.zeros((width, labels), dtype=np.float64)  # of averaging: raw times the averages' weight before
    intercepts, of_average = np.zeros(labels), np.zeros(labels)
    chances = np.empty(labels, dtype=np.float64)
    factor, mean, averaged = 1.0, 0.0, 0
    for step in range(len(order)):
        text = order[step]
        first, last = offsets[text], offsets[text + 1]
        rate = _STEP / (1.0 + _STEP * regularisation * step) ** 0.75
        chances[:] = intercepts
        for one in range(first, last):
            value, row = factor * values[one], raw[rows[one]]
            for label in range(labels):
                chances[label] += value * row[label]
        _softmax(chances)
        chances[codes[text]] -= 1.0
        factor *= 1.0 - rate * regularisation
        for one in range(first, last):
            value, row, of_mean = rate * values[one] / factor, raw[rows[one]], gathered[rows[one]]
            for label in range(labels):
                row[label] -= value * chances[label]
            if mean > 0:
                for label in range(labels):
                    of_mean[label] += mean * value * chances[label]
        for label in range(labels):
            intercepts[label] -= rate * chances[label] * 0.1
        if 2 * step >= len(order):
            mean += factor
            averaged += 1
            of_average += intercepts
    return (gathered + mean * raw) / averaged, of_average / averaged


@compiled
def _chances(offsets: Codes, rows: Codes, values: Floats, weights: Floats, intercepts: Floats) -> Floats:
    chances = np.empty((len(offsets) - 1, len(intercepts)), dtype=np.float64)
    for text in range(len(offsets) - 1):
        of_text = chances[text]
        of_text[:] = intercepts
        for one in range(offsets[text], offsets[text + 1]):
            if values[one] > 0:
                value, row = values[one], weights[rows[one]]
                for label in range(len(intercepts)):
                    of_text[label] += value * row[label]
        _softmax(of_text)
    return chances
