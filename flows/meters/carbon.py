"""codecarbon, offline: a second opinion where it is installed and `energy.yaml` names it.

On a virtual machine it takes a fixed number of watts for a processor that it does not know, and for memory, whatever
is done (docs/energy.md), so its joules are on record as an estimate beside ours, and no view reckons with them. It
takes seconds to start, and no more than one task is measured at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_JOULES = 3_600_000
"""In a kWh."""


class Carbon:
    """codecarbon's offline tracker, asked by tasks: it sends nothing, and writes no file."""

    name = "codecarbon"

    def __init__(self, tracker: Any) -> None:
        self._tracker = tracker
        self._total = {"cpu": 0.0, "memory": 0.0, "gpu": 0.0}
        self._tracker.start_task("tamis")

    @classmethod
    def find(cls) -> Carbon | None:
        """The meter; null where codecarbon is not installed."""
        try:
            from codecarbon import OfflineEmissionsTracker
        except ImportError:
            return None
        return cls(
            OfflineEmissionsTracker(
                country_iso_code="FRA",  # only its energy is asked for
                save_to_file=False,
                log_level="critical",
                allow_multiple_runs=True,
            )
        )

    def read(self) -> Mapping[str, float]:
        taken = self._tracker.stop_task("tamis")
        self._total["cpu"] += taken.cpu_energy * _JOULES
        self._total["memory"] += taken.ram_energy * _JOULES
        self._total["gpu"] += taken.gpu_energy * _JOULES
        self._tracker.start_task("tamis")
        return dict(self._total)

    def close(self) -> None:
        self._tracker.stop_task("tamis")
        self._tracker.stop()
