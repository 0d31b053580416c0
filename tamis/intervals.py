"""How sure a share is that was counted on a sample."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of Wilson (1927) for the share `hits` / `n`, without continuity correction: (low, high).

    It stays within 0 to 1 and has a width at 0 of n and n of n, too. Of no draws at all nothing is known: (0, 1). It
    takes the draws as independent; several of one document are not quite, and then it is somewhat too narrow.

    Args:
        hits: 0 to `n`.
        n: how many were drawn.
        confidence: above 0, below 1; both sides together leave out the rest.

    Raises:
        ValueError: a number is out of range.
    """
    if not 0 <= hits <= n or not 0 < confidence < 1:
        raise ValueError(f"{hits} of {n} at confidence {confidence}: expected 0 <= hits <= n, 0 < confidence < 1.")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / n
    centre = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if hits == 0 else (centre - half) / scale
    high = 1.0 if hits == n else (centre + half) / scale
    return low, high
