"""A family of models, of which a team chooses one: what each size takes, and whether the tokens are enough for it.

Nothing is reckoned here that `laws.py` and `training.py` do not reckon; a size is a row. None of it says how good a
model will be at a target: the law of repeated data is one of web text.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog.coefficient import Coefficients, Range
from releases.savings.laws import data_constrained_loss, epochs, tokens_for, training_flops, unique_token_floors
from releases.savings.training import Hardware


@dataclass(frozen=True, slots=True)
class Member:
    """One size, trained on the subset."""

    parameters: int
    seen: float
    """Tokens, repeats included: 20 for each parameter from scratch, the subset once by a model that knows something."""
    epochs: float
    """Over the subset; below 1 some of it is not seen."""
    unique_per_parameter: float
    """Tokens of the subset for each parameter."""
    unique_tokens: str | None
    """enough, few or too_few; null of a model that knows something: that is a law of trainings from scratch."""
    penalty: float | None
    """How much more loss than if all tokens seen were different, as a share of that; null as `unique_tokens`."""
    flops: float
    device_hours: Range
    kwh: Range


@dataclass(frozen=True, slots=True)
class Family:
    """All sizes, the smallest first."""

    unique: float
    """Tokens of the subset."""
    from_scratch: bool
    hardware: Hardware
    coefficients: str
    """Version of the table."""
    members: tuple[Member, ...]

    @property
    def largest(self) -> Member | None:
        """The largest that the subset has enough different tokens for; null where that is none, or cannot be said."""
        return max(
            (each for each in self.members if each.unique_tokens == "enough"),
            key=lambda member: member.parameters,
            default=None,
        )


def size_up(
    sizes: tuple[int, ...], unique: float, *, coefficients: Coefficients, hardware: str, from_scratch: bool = True
) -> Family:
    """What each size takes on so many different tokens.

    Args:
        sizes: parameters of each model, in any order.
        unique: tokens of the subset.
        coefficients: the table.
        hardware: one of the table's.
        from_scratch: whether the models know nothing before.

    Raises:
        ConfigError: a figure is not above 0, or the table does not know the hardware.
    """
    device = Hardware.of(coefficients, hardware)
    members = (_member(size, unique, device, from_scratch=from_scratch) for size in sorted(sizes))
    return Family(unique, from_scratch, device, coefficients.version, tuple(members))


def _member(parameters: int, unique: float, device: Hardware, *, from_scratch: bool) -> Member:
    seen = tokens_for(parameters) if from_scratch else unique
    flops = training_flops(parameters, seen)
    return Member(
        parameters=parameters,
        seen=seen,
        epochs=epochs(seen, unique),
        unique_per_parameter=unique / parameters,
        unique_tokens=unique_token_floors(parameters).said_of(unique) if from_scratch else None,
        penalty=_penalty(parameters, seen, unique) if from_scratch else None,
        flops=flops,
        device_hours=device.hours(flops),
        kwh=device.kwh(flops),
    )


def _penalty(parameters: int, seen: float, unique: float) -> float:
    return data_constrained_loss(parameters, seen, unique) / data_constrained_loss(parameters, seen, seen) - 1
