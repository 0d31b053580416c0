"""A stopwatch for seconds of processors and of the clock. A look at it takes some microseconds; it changes nothing."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass

from catalog.activity import Activity
from filters.pictures.look import decoder_process

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the clocks stand: processors, for this process and its children, and the wall's."""

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> Clock:
        """Children count once they have ended, by what the kernel says; the one that decodes pictures always."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = time.process_time() + children.ru_utime + children.ru_stime + _of_process(decoder_process())
        return cls(cpu, time.perf_counter())


def _of_process(process: int | None) -> float:
    """User and system seconds of a child that runs; 0 for one that does not, or where the system has no such clock."""
    if process is None or not sys.platform.startswith("linux"):
        return 0.0
    try:
        return time.clock_gettime((~process << 3) | 2)  # clock_getcpuclockid(3)
    except OSError:
        return 0.0


def peak_rss() -> int:
    """Bytes: the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


class Laps:
    """What the stages of one shard take, each the sum over its batches."""

    def __init__(self) -> None:
        self._last = Clock.now()
        self._taken: dict[tuple[str, str | None], Clock] = {}

    def lap(self, stage: str, filter_name: str | None = None) -> None:
        """What went by since the last lap was this stage's."""
        now = Clock.now()
        before = self._taken.get((stage, filter_name), Clock(0.0, 0.0))
        self._taken[stage, filter_name] = Clock(
            before.cpu + max(0.0, now.cpu - self._last.cpu), before.wall + now.wall - self._last.wall
        )
        self._last = now

    def activity(self, shard: int, *, items: int | None, n_bytes: int) -> tuple[Activity, ...]:
        """A row for each stage, in the order in which they first came."""
        most = peak_rss()
        return tuple(
            Activity(stage, taken.cpu, taken.wall, name, shard, items, n_bytes, most)
            for (stage, name), taken in self._taken.items()
        )
