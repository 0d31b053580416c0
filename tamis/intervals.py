"""How sure a share is that was counted on a sample."""

from __future__ import annotations

from itertools import count
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

_HALVINGS = 60
"""Steps to a bound: it is then as near as a floating-point number of 0 to 1 can be."""
_TINY = 1e-300
_CLOSE = 1e-14


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


def clopper_pearson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson (1934) for the share `hits` / `n`: (low, high).

    It holds the true share at least as often as it says, near 0 and 1 too, where Wilson's may not: what an auditor is
    shown. It is somewhat wider for that. Of no draws at all nothing is known: (0, 1).

    Args:
        hits: 0 to `n`.
        n: how many were drawn, independently.
        confidence: above 0, below 1; each side leaves out half of the rest.

    Raises:
        ValueError: a number is out of range.
    """
    one_sided = (1 + confidence) / 2
    return lower_bound(hits, n, one_sided), 1 - lower_bound(n - hits, n, one_sided)


def lower_bound(hits: int, n: int, confidence: float = 0.95) -> float:
    """What the true share is at least, at that confidence: the exact one-sided bound of Clopper and Pearson (1934).

    It is the share of which `hits` or more out of `n` would come with probability 1 - `confidence`.

    Raises:
        ValueError: a number is out of range.
    """
    if not 0 <= hits <= n or not 0 < confidence < 1:
        raise ValueError(f"{hits} of {n} at confidence {confidence}: expected 0 <= hits <= n, 0 < confidence < 1.")
    if hits == 0:
        return 0.0
    low, high = 0.0, hits / n
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _beta_share(middle, hits, n - hits + 1) > 1 - confidence:
            high = middle
        else:
            low = middle
    return low


def draws_needed(share: float, confidence: float = 0.95) -> int:
    """How many draws, all of them hits, show that the true share is `share` or more.

    Args:
        share: above 0, below 1: no number of draws shows that there is never a miss.
        confidence: above 0, below 1.

    Raises:
        ValueError: a number is out of range.
    """
    if not 0 < share < 1 or not 0 < confidence < 1:
        raise ValueError(f"{share} at confidence {confidence}: expected both above 0 and below 1.")
    n = max(1, round(log1p(-confidence) / log(share)) - 1)
    while share**n > 1 - confidence:
        n += 1
    return n


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b): the chance of `a` or more hits in a + b - 1 draws."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b) (DLMF 8.17.22), from the front by Lentz's method (DLMF 3.10(iii)).

    It takes about sqrt(max(a, b)) steps.
    """
    value, above, below = 1.0, 1.0, 0.0
    for step in count(1):
        term = _beta_term(step, x, a, b)
        below = 1 / _not_nothing(1 + term * below)
        above = _not_nothing(1 + term / above)
        value *= above * below
        if abs(above * below - 1) < _CLOSE:
            break
    return 1 / value


def _beta_term(step: int, x: float, a: float, b: float) -> float:
    half, odd = divmod(step, 2)
    if odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))


def _not_nothing(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
