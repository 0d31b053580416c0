"""What one start of a run takes, on record as it comes: each stage of each shard, and what is done once."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalog.activity import Activity, ActivityFile, Start
from catalog.log import Log
from flows.laps import Clock, peak_rss
from flows.meters.table import PowerMeters, Readings, taken
from flows.worker import ShardResult
from tamis import __version__


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: where clocks and meters stood."""

    clock: Clock
    meters: Readings

    @classmethod
    def now(cls, meters: PowerMeters) -> Mark:
        return cls(Clock.now(), meters.read())


@dataclass(frozen=True, slots=True)
class Amount:
    """Over how much a stage went; null where nobody counted."""

    items: int | None = None
    n_bytes: int | None = None


class Spent:
    """The record of one start. Nothing else of a run depends on it."""

    def __init__(self, log: Log, run: str, meters: PowerMeters, *, workers: int) -> None:
        self._meters = meters
        self._file = ActivityFile(log.store, run, _start(workers))
        self._one_process = workers == 0
        self._by_shards = Clock(0.0, 0.0)

    def shard(self, result: ShardResult) -> None:
        """What a shard took, as its worker says."""
        cpu = sum(each.cpu_seconds for each in result.activity)
        wall = sum(each.wall_seconds for each in result.activity)
        self._by_shards = Clock(self._by_shards.cpu + cpu, self._by_shards.wall + wall)
        self._file.add(result.activity)

    def since(self, mark: Mark, stage: str, amount: Amount | None = None) -> None:
        """What was taken since a moment."""
        self._add(stage, mark, amount or Amount(), without=Clock(0.0, 0.0))

    @contextmanager
    def stage(self, stage: str, amount: Amount | None = None) -> Iterator[None]:
        """What is done inside is on record under this name, also where it fails."""
        mark = Mark.now(self._meters)
        try:
            yield
        finally:
            self.since(mark, stage, amount)

    @contextmanager
    def workers(self) -> Iterator[None]:
        """What the shards take together, processes and their starting included, without each shard's own stages.

        The time on the clock stays whole where other processes had the shards, for this one waited meanwhile.
        """
        mark = Mark.now(self._meters)
        try:
            yield
        finally:
            wall = self._by_shards.wall if self._one_process else 0.0
            self._add("workers", mark, Amount(), without=Clock(self._by_shards.cpu, wall))

    def _add(self, stage: str, mark: Mark, amount: Amount, *, without: Clock) -> None:
        now = Mark.now(self._meters)
        row = Activity(
            stage,
            cpu_seconds=max(0.0, now.clock.cpu - mark.clock.cpu - without.cpu),
            wall_seconds=max(0.0, now.clock.wall - mark.clock.wall - without.wall),
            items=amount.items,
            n_bytes=amount.n_bytes,
            peak_rss=peak_rss(),
            readings=taken(mark.meters, now.meters),
        )
        self._file.add([row])


def _start(workers: int) -> Start:
    return Start(
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00"),
        workers=workers,
        tamis_version=__version__,
        cpus=os.cpu_count() or 1,
        cpu_model=_cpu_model(),
        memory_bytes=_memory(),
    )


def _cpu_model() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
