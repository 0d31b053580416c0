"""Which meters there are, and all of those that a run has as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from types import TracebackType
from typing import Final, Self, cast

from catalog.activity import Reading
from flows.meters.carbon import Carbon
from flows.meters.meter import PowerMeter
from flows.meters.nvml import Nvml
from flows.meters.rapl import Rapl
from tamis.errors import ConfigError

Finder = Callable[[], PowerMeter | None]
"""Gives the meter, or null where this machine has none."""

BUILT_IN: Final[Mapping[str, Finder]] = {"rapl": Rapl.find, "nvml": Nvml.find, "codecarbon": Carbon.find}

GROUP: Final = "tamis.meters"
"""Entry points of other distributions: a name, and a Finder."""

Readings = Mapping[tuple[str, str], float]
"""(meter, device) → joules since some moment."""


class PowerMeters:
    """The meters of a start; none is the usual case."""

    def __init__(self, meters: Sequence[PowerMeter] = ()) -> None:
        self._meters = tuple(meters)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for meter in self._meters:
            meter.close()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(meter.name for meter in self._meters)

    def read(self) -> Readings:
        return {(meter.name, device): joules for meter in self._meters for device, joules in meter.read().items()}


def taken(before: Readings, after: Readings) -> tuple[Reading, ...]:
    """What was taken between two readings, of the devices that both could read."""
    both = sorted(before.keys() & after.keys())
    return tuple(Reading(*device, max(0.0, after[device] - before[device])) for device in both)


def known_meters() -> list[str]:
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def find_meters(names: Sequence[str]) -> PowerMeters:
    """Those of the named meters that this machine has.

    Raises:
        ConfigError: there is no meter of a name, or that of another distribution cannot be imported.
    """
    found = [_finder(name)() for name in dict.fromkeys(names)]
    return PowerMeters([meter for meter in found if meter is not None])


def _finder(name: str) -> Finder:
    if name in BUILT_IN:
        return BUILT_IN[name]
    for point in entry_points(group=GROUP):
        if point.name == name:
            try:
                return cast("Finder", point.load())
            except (ImportError, AttributeError) as error:
                raise ConfigError(
                    f"energy.yaml: the meter {name!r} cannot be imported ({type(error).__name__})."
                ) from None
    raise ConfigError.unknown("meter", name, known_meters(), where="energy.yaml")
