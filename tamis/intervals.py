"""How sure a share is that was counted on a sample."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The share that `hits` of `n` independent draws speak for, as (low, high), both within 0 to 1.

    Wilson's score interval (E. B. Wilson, JASA 22, 1927, pages 209–212), which holds at 0 hits and for small samples,
    where the plain normal interval has no width. Nothing drawn is nothing known: (0, 1).

    Raises:
        ValueError: `hits` is not within 0 to `n`, or `confidence` not between 0 and 1, both exclusive.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n} draws")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, expected between 0 and 1")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / n
    middle = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if hits == 0 else max(0.0, (middle - half) / scale)
    high = 1.0 if hits == n else min(1.0, (middle + half) / scale)
    return low, high
