"""What a power meter must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class PowerMeter(Protocol):
    """Counts the joules that devices of this machine take.

    What it counts is the device's, not ours: whoever else uses it is in it. It never raises for what a device does.
    """

    name: str
    """A word: in which column of the catalog its joules are depends on it."""

    def read(self) -> Mapping[str, float]:
        """Device → joules since some moment that stays the same; one that cannot be read just now is left out."""
        ...

    def close(self) -> None:
        """Lets go of what it holds; it is not read after that."""
        ...
