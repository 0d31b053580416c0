"""A linear classifier that tells target from pool, as one weight for each bucket of grams.

Logistic regression on the frequencies of grams in passages of texts, each frequency divided by the root of the pool's
own: rare grams vary less, so without that they would hardly be heard. Both sides weigh the same however many passages
they have. Fitted by stochastic gradient descent with averaging (Xu, "Towards Optimal One Pass Large Scale Learning with
Averaged Stochastic Gradient Descent", 2011; steps as in Bottou, "Stochastic Gradient Descent Tricks", 2012), passage
after passage in an order that the seed alone decides.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from releases.subsets.grams import Counts, Passages, Weights

_EPOCHS: Final = 20

_REGULARISATION: Final = 1e-4

_STEP: Final = 1.0
"""The first."""

Order = npt.NDArray[np.int64]


def fitted(target: Passages, pool: Passages, *, of_pool: Counts, seed: int) -> Weights:
    """The weight of each bucket: the mean over a text's grams says on which side of the line it is, and how far.

    Args:
        target: grams of the target's passages.
        pool: of a sample of the pool's.
        of_pool: how often the whole pool has each bucket.
        seed: of the order in which passages are gone through.
    """
    scale = 1 / np.sqrt((of_pool + 1.0) / (of_pool.sum() + len(of_pool)))
    norms = [_mean_norm(side, scale) for side in (target, pool)]
    scale /= float(np.sqrt(np.mean(norms)))
    rows = len(target) + len(pool)
    generator = np.random.Generator(np.random.PCG64(seed))
    order = np.concatenate([generator.permutation(rows) for _ in range(_EPOCHS)])
    together = Passages.together([target, pool])
    wanted = np.repeat([1.0, -1.0], [len(target), len(pool)])
    importance = np.repeat([rows / (2 * len(target)), rows / (2 * len(pool))], [len(target), len(pool)])
    weights = _descended(together.offsets, together.buckets, together.shares, scale, wanted, importance, order)
    return np.asarray(weights * scale, dtype=np.float64)


def _mean_norm(side: Passages, scale: Weights) -> float:
    """The mean squared length of its passages."""
    squares = (side.shares * scale[side.buckets]) ** 2
    return float(squares.sum() / max(len(side), 1))


@compiled
def _descended(
    offsets: Order,
    buckets: npt.NDArray[np.int64],
    shares: Weights,
    scale: Weights,
    wanted: Weights,
    importance: Weights,
    order: Order,
) -> Weights:
    # weights are held as `factor * raw`, so that shrinking all of them is one multiplication
    raw = np.zeros(len(scale), dtype=np.float64)
    gathered = np.zeros(len(scale), dtype=np.float64)  # of averaging: raw times the averages' weight before each change
    factor, intercept, mean = 1.0, 0.0, 0.0
    for step in range(len(order)):
        row = order[step]
        rate = _STEP / (1.0 + _STEP * _REGULARISATION * step) ** 0.75
        margin = intercept
        for one in range(offsets[row], offsets[row + 1]):
            margin += factor * raw[buckets[one]] * shares[one] * scale[buckets[one]]
        slope = importance[row] * wanted[row] / (1.0 + np.exp(wanted[row] * margin))
        factor *= 1.0 - rate * _REGULARISATION
        for one in range(offsets[row], offsets[row + 1]):
            change = rate * slope * shares[one] * scale[buckets[one]] / factor
            raw[buckets[one]] += change
            gathered[buckets[one]] -= mean * change
        intercept += rate * slope * 0.1
        mean += factor
    return (gathered + mean * raw) / len(order)
