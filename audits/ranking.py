"""How well a score puts what is unsafe above what is safe: ROC, precision and recall, thresholds.

All of it depends on the order of the scores alone: any other score that rises where this one rises has the same
figures. A picture *reaches* a threshold if its score is at it or above.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tamis.intervals import clopper_pearson, lower_bound

Interval = tuple[float, float]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was counted, with its exact interval (Clopper-Pearson)."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        """Null: of nothing."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> Interval:
        return clopper_pearson(self.hits, self.n, CONFIDENCE)


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What reaches a threshold: `unsafe.share` is the recall, `safe.share` the false positive rate."""

    threshold: float
    unsafe: Rate
    safe: Rate

    @property
    def recall_at_least(self) -> float:
        """One-sided, at CONFIDENCE. It holds for a threshold that was chosen by these very scores, too.

        The share of unsafe scores below the k-th lowest of n is distributed as Beta(k, n - k + 1), whatever the scores
        are (Wilks, 1941), and the bound of Clopper and Pearson is a quantile of the same distribution.
        """
        return lower_bound(self.unsafe.hits, self.unsafe.n, CONFIDENCE)

    @property
    def precision(self) -> float | None:
        """The share of unsafe ones among those of the set that reach it; it changes with their share in the set."""
        return Rate(self.unsafe.hits, self.unsafe.hits + self.safe.hits).share


class Curve:
    """How many unsafe and how many safe scores reach each threshold that matters.

    Args:
        scores: finite numbers; higher is less safe.
        unsafe: for each score, whether the picture is unsafe.
    """

    def __init__(self, scores: npt.NDArray[np.float64], unsafe: npt.NDArray[np.bool_]) -> None:
        distinct, group = np.unique(scores, return_inverse=True)
        of_unsafe = np.bincount(group[unsafe], minlength=distinct.size)[::-1]
        of_safe = np.bincount(group[~unsafe], minlength=distinct.size)[::-1]
        self.thresholds = distinct[::-1]
        """Every score once, from high to low."""
        self._of_unsafe, self._of_safe = of_unsafe, of_safe
        self._unsafe, self._safe = np.cumsum(of_unsafe), np.cumsum(of_safe)
        self.n_unsafe, self.n_safe = int(of_unsafe.sum()), int(of_safe.sum())

    def at(self, place: int) -> AtThreshold:
        """What reaches the threshold at that place of `thresholds`."""
        unsafe = Rate(int(self._unsafe[place]), self.n_unsafe)
        return AtThreshold(float(self.thresholds[place]), unsafe, Rate(int(self._safe[place]), self.n_safe))

    def points(self, most: int) -> list[AtThreshold]:
        """All thresholds, or `most` evenly chosen ones, the highest and the lowest among them."""
        last = self.thresholds.size - 1
        if last < most:
            return [self.at(place) for place in range(last + 1)]
        return [self.at(round(place * last / (most - 1))) for place in range(most)]

    def reaching(self, recall: float) -> AtThreshold | None:
        """The highest threshold that at least this share of the unsafe ones reaches; null if there is none unsafe."""
        return self._first(np.flatnonzero(self._unsafe / self.n_unsafe >= recall)) if self.n_unsafe else None

    def showing(self, recall: float) -> AtThreshold | None:
        """The highest threshold of which these scores show that recall, at CONFIDENCE; null if there are too few."""
        low, high = 0, self.n_unsafe + 1
        while low < high:  # the fewest hits that show it; the bound rises with them
            middle = (low + high) // 2
            if middle <= self.n_unsafe and lower_bound(middle, self.n_unsafe, CONFIDENCE) < recall:
                low = middle + 1
            else:
                high = middle
        return self._first(np.flatnonzero(self._unsafe >= low)) if self.n_unsafe else None

    def _first(self, places: npt.NDArray[np.intp]) -> AtThreshold | None:
        return self.at(int(places[0])) if places.size else None

    @property
    def auc(self) -> float | None:
        """The area under the ROC curve: the share of pairs in the right order, one of equal scores counting half."""
        if not self.n_unsafe or not self.n_safe:
            return None
        return float(self._of_unsafe @ self._safe_below) / self.n_unsafe

    @property
    def auc_interval(self) -> Interval | None:
        """By DeLong's variance (Biometrics 44, 1988), on the logit scale, so that it stays within 0 to 1.

        Null where it cannot be said: fewer than two of either label, or every pair in order.
        """
        area = self.auc
        if area is None or min(self.n_unsafe, self.n_safe) < 2 or area in (0.0, 1.0):
            return None
        spread = _variance(self._safe_below, self._of_unsafe) / self.n_unsafe
        spread += _variance(self._unsafe_above, self._of_safe) / self.n_safe
        half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * sqrt(spread) / (area * (1 - area))
        middle = log(area / (1 - area))
        return _expit(middle - half), _expit(middle + half)

    @property
    def average_precision(self) -> float | None:
        """The sum over thresholds of precision times the recall gained there: nothing is drawn between the points."""
        if not self.n_unsafe:
            return None
        precision = self._unsafe / (self._unsafe + self._safe)
        return float(precision @ self._of_unsafe) / self.n_unsafe

    @property
    def _safe_below(self) -> npt.NDArray[np.float64]:
        """For an unsafe one with this score, the share of safe ones below it, equal ones counting half."""
        below: npt.NDArray[np.float64] = 1 - (self._safe - self._of_safe / 2) / self.n_safe
        return below

    @property
    def _unsafe_above(self) -> npt.NDArray[np.float64]:
        above: npt.NDArray[np.float64] = (self._unsafe - self._of_unsafe / 2) / self.n_unsafe
        return above


def _variance(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> float:
    """Of a sample in which each value occurs so often, by n - 1."""
    n = int(counts.sum())
    mean = values @ counts / n
    return float((values - mean) ** 2 @ counts) / (n - 1)


def _expit(number: float) -> float:
    return 1 / (1 + exp(-number))
