"""What work was done, and what it took: seconds, memory, joules. Kept beside the log, and never part of what it says.

store/activity/<run>/<start>.jsonl     one file for each start of a run: a line on the start, then a line for each stage

Lines are only ever added. A start that was killed leaves those that it had come to, and half a line at most. No id, no
digest and no release depends on any of this: the same inputs give the same bytes however long it took.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

SHARD_STAGES = ("load", "read", "look", "filter", "decide", "write", "failed")
"""What a shard takes, in order: make the filters, read, decode pictures, each filter, decide, write the segment.

`failed` is what one that failed took after the last of them that it came to.
"""

RUN_STAGES = ("plan", "adopt", "workers", "corpus_steps", "subset", "stage", "audits", "seal", "catalog", "report")
"""What a start takes once. `workers` is what processes took beside the stages of shards: starting, waiting, dying."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter read of one device over a stage, whoever used it."""

    meter: str
    device: str
    joules: float


@dataclass(frozen=True, slots=True)
class Activity:
    """One stage of one shard, or of a whole start."""

    stage: str
    """One of SHARD_STAGES or RUN_STAGES."""
    cpu_seconds: float
    """User and system, all threads, child processes included."""
    wall_seconds: float
    filter: str | None = None
    """Which, where the stage is `filter`."""
    shard: int | None = None
    """Its number; null for what a start takes once."""
    items: int | None = None
    """Of the shard, or of the run; null where they were not counted."""
    n_bytes: int | None = None
    """Of the input."""
    peak_rss: int | None = None
    """Bytes: the most memory that the process had held by then, since it started."""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """The first line of a file: which start, on what machine."""

    started_at: str
    workers: int
    tamis_version: str
    cpus: int
    cpu_model: str | None
    memory_bytes: int | None


class ActivityFile:
    """The file of one start, to which its lines are added as they come."""

    def __init__(self, store: Path, run: str, start: Start) -> None:
        folder = folder_of(store, run)
        folder.mkdir(parents=True, exist_ok=True)
        when = "".join(mark for mark in start.started_at if mark.isalnum())
        self._path = folder / f"{when}-{os.getpid()}.jsonl"
        self._add([orjson.dumps(start)])

    def add(self, rows: Iterable[Activity]) -> None:
        self._add([orjson.dumps(row) for row in rows])

    def _add(self, lines: list[bytes]) -> None:
        if lines:
            with self._path.open("ab") as file:
                file.write(b"\n".join([*lines, b""]))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a file of activity says; lines that are no such lines are left out and named in `damaged`."""

    run: str
    name: str
    start: Start | None
    rows: tuple[tuple[int, Activity], ...]
    """(line, from 1; what it says)."""
    damaged: tuple[int, ...]
    """Lines; one that a crash cut off at the end is none of them."""


def folder_of(store: Path, run: str) -> Path:
    return store / "activity" / run


def read_activity(store: Path) -> Iterator[Recorded]:
    """All that is on record, by run and start."""
    for path in sorted((store / "activity").glob("*/*.jsonl")):
        yield _read(path)


def _read(path: Path) -> Recorded:
    *lines, _ = path.read_bytes().split(b"\n")  # what stands after the last break was cut off, or is nothing
    start = _read_line(_starts(), lines[0]) if lines else None
    told = [(number, _read_line(_activities(), line)) for number, line in enumerate(lines[1:], start=2)]
    damaged = [number for number, row in told if row is None]
    rows = tuple((number, row) for number, row in told if row is not None)
    first = [1] if lines and start is None else []
    return Recorded(path.parent.name, path.stem, start, rows, (*first, *damaged))


def _read_line(shape: TypeAdapter[Any], line: bytes) -> Any:
    try:
        return shape.validate_json(line, strict=True)
    except ValidationError:
        return None


@cache
def _starts() -> TypeAdapter[Start]:
    return TypeAdapter(Start)


@cache
def _activities() -> TypeAdapter[Activity]:
    return TypeAdapter(Activity)


def activity_faults(store: Path) -> Iterator[str]:
    """What is wrong with the record of activity, one line each. No digest names it: who edits it is not found out."""
    for recorded in read_activity(store):
        where = f"activity of run {recorded.run}, {recorded.name}.jsonl"
        if not (store / "runs" / recorded.run / "run.json").exists():
            yield f"{where}: the run is not in the log"
        if recorded.damaged:
            lines = ", ".join(str(number) for number in recorded.damaged[:5])
            yield f"{where}: {len(recorded.damaged)} lines are damaged, the first {lines}; the catalog leaves them out"
