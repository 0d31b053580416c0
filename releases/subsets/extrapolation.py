"""What more data would bring, by a power law; and how far off that law was where it could be checked.

The law is bits(n) = floor + scale / n**power (Hestness et al., "Deep Learning Scaling is Predictable, Empirically",
2017, equation 1; Hoffmann et al., 2022, equation 2 without the term of parameters). It holds of more and more of the
same data, so of random orders; along an order by nearness to a target, where what is added is ever less alike, it does
not have to. So it is never taken on trust: sizes that were measured are foretold by the smaller ones first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

FACTORS: Final = (2, 4)
"""So many times the largest size that was fitted are foretold."""

LEAST: Final = 4
"""Sizes that three numbers are fitted to, at the least."""

_POWERS: Final = np.linspace(0.02, 1.5, 149)
_NEAR: Final = 0.1
"""A size is so many times another, as a share, if whole items let it be no nearer."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """bits(n) = floor + scale / n**power, of n bytes that were learned."""

    floor: float
    scale: float
    power: float

    def at(self, n_bytes: float) -> float:
        return float(self.floor + self.scale * n_bytes**-self.power)


@dataclass(frozen=True, slots=True)
class Foretold:
    """A size that was measured, and what the sizes up to a half or a quarter of it foretold."""

    factor: int
    fitted_to: int
    """Bytes of the largest size that the law was fitted to."""
    bytes: int
    foretold: float
    measured: float

    @property
    def error(self) -> float:
        """As a share of what was measured; above 0 where worse was foretold than came."""
        return self.foretold / self.measured - 1


@dataclass(frozen=True, slots=True)
class More:
    """What a multiple of all that is there would bring, if there were as much more that is as near to the target."""

    factor: int
    bytes: int
    bits: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the law says beyond what is there, and what it is worth."""

    checked: tuple[Foretold, ...]
    more: tuple[More, ...]
    """Empty where the best size is not the largest: more of the same would not help, and the law does not hold."""


def power_law(n_bytes: Sequence[int], bits: Sequence[float]) -> PowerLaw:
    """The law that is least off, in shares of what was measured.

    Args:
        n_bytes: of each size, above 0.
        bits: as measured, above 0.

    Raises:
        ValueError: there are fewer than LEAST sizes.
    """
    if len(n_bytes) < LEAST:
        raise ValueError(f"a power law needs {LEAST} sizes, and there are {len(n_bytes)}")
    sizes, measured = np.asarray(n_bytes, dtype=np.float64), np.asarray(bits, dtype=np.float64)
    fits = [_with_power(float(power), sizes, measured) for power in _POWERS]
    return min(fits, key=lambda fit: fit[0])[1]


def _with_power(power: float, sizes: _Floats, measured: _Floats) -> tuple[float, PowerLaw]:
    """The least squares of shares, neither number below 0."""
    falling = sizes**-power / measured
    level = 1 / measured
    (floor, scale), *_ = np.linalg.lstsq(np.stack([level, falling], axis=1), np.ones_like(measured), rcond=None)
    if floor < 0:
        floor, scale = 0.0, falling.sum() / (falling**2).sum()
    elif scale < 0:
        floor, scale = level.sum() / (level**2).sum(), 0.0
    off = float(((floor * level + scale * falling - 1) ** 2).sum())
    return off, PowerLaw(float(floor), float(scale), power)


def foretold(n_bytes: Sequence[int], bits: Sequence[float]) -> Iterator[Foretold]:
    """For each of FACTORS the largest size that is so many times another one with enough sizes up to it.

    Args:
        n_bytes: of each size, ascending.
        bits: as measured.
    """
    for factor in FACTORS:
        pairs = [
            (place, last)
            for place, size in enumerate(n_bytes)
            for last in range(LEAST - 1, place)
            if abs(n_bytes[last] * factor / size - 1) <= _NEAR
        ]
        if pairs:
            place, last = max(pairs)
            law = power_law(n_bytes[: last + 1], bits[: last + 1])
            yield Foretold(factor, n_bytes[last], n_bytes[place], law.at(n_bytes[place]), bits[place])


def outlook(n_bytes: Sequence[int], bits: Sequence[float]) -> Outlook:
    """Holds the law against sizes that were measured, and looks ahead where the curve still falls.

    Args:
        n_bytes: of each size, ascending; of those that a learner saw all of.
        bits: as measured.
    """
    checked = tuple(foretold(n_bytes, bits))
    if len(bits) < LEAST or min(bits) < bits[-1]:
        return Outlook(checked, ())
    law = power_law(n_bytes, bits)
    return Outlook(checked, tuple(More(each, each * n_bytes[-1], law.at(each * n_bytes[-1])) for each in FACTORS))
